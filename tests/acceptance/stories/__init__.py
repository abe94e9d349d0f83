"""The telephony stories: each played for real, the adapter's list asserted at each step, and recorded."""
