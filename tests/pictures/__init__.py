"""The pictures in `docs/pictures`, made from what they show: `make pictures`."""
