"""The Python side of the course "Embeddings and Feature Extraction".

Every module is one subject and can be used alone: import what you need.
"""

__version__ = "0.1.0"
