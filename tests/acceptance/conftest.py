"""What the acceptance tests begin with."""

from tests.acceptance.fixtures import lab, stage

__all__ = ["lab", "stage"]
