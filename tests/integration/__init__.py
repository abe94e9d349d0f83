"""The service against a fake PBX that speaks AMI on a real socket."""
