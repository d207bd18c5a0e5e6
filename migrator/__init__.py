"""The application around the `codemods` engine: command line, files, equivalence checks and reports."""

__version__ = "0.1.0"
