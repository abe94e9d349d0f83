"""The directory: organizations, users, extensions and Apps; loaded, validated, indexed.

It is written in YAML (examples/directory.yaml). Whatever is wrong is refused with the line it stands on,
all of it at once, so that an operator mends a file in one go.
"""

from adapter.directory.entries import (
    Account,
    AccountLevel,
    App,
    Medium,
    Organization,
    SupervisionGroup,
    SupervisionMode,
    User,
)
from adapter.directory.extension import AutoAnswer, Extension, ExtensionType
from adapter.directory.index import Directory
from adapter.directory.loading import DirectoryError, load_directory
from adapter.directory.warnings import warnings

__all__ = [
    "Account",
    "AccountLevel",
    "App",
    "AutoAnswer",
    "Directory",
    "DirectoryError",
    "Extension",
    "ExtensionType",
    "Medium",
    "Organization",
    "SupervisionGroup",
    "SupervisionMode",
    "User",
    "load_directory",
    "warnings",
]
