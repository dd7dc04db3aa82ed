"""HTTP requests -> reports remembered, pages in Spanish, JSON for programs. It never writes a document itself."""

from service.web.app import create_app

__all__ = ["create_app"]
