"""Each step has one reason. One that was released is not changed any more: another follows it."""
