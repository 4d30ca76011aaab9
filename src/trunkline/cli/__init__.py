"""The `trunkline` command. Each command's work is imported when it is called, so that `--help` is quick."""

from trunkline.cli.app import app, main

__all__ = ["app", "main"]
