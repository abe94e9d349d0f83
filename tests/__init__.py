"""Unit tests are pure, integration meets a fake AMI, contract quotes the contract, acceptance is real."""
