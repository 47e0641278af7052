"""Imported by the server that forks the children, never by a test: what every publisher would do first."""

from pingchang_geo.workflow import derive
from tests.faults import publisher

publisher.with_tiles()
derive.fingerprint()
