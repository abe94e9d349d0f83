"""Every test: unit is pure, integration meets a fake AMI, contract quotes the wire contract, acceptance has a real Asterisk."""
