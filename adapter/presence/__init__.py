"""The live model of devices and queues; pure. It stands beside the live calls, and knows nothing of them."""
