"""What every HTTP answer needs, whatever it is about. It knows nothing of calls."""
