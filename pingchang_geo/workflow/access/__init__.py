"""Who is at the other end, and whether they may: sign-in, sessions, one-time links, permits to upload."""

from pingchang_geo.workflow.access.administration import LINK_HOURS
from pingchang_geo.workflow.access.ground import Require, command_only
from pingchang_geo.workflow.access.links import invitation_address
from pingchang_geo.workflow.access.permits import PERMITS, UploadPermits
from pingchang_geo.workflow.access.service import Access

__all__ = ["LINK_HOURS", "PERMITS", "Access", "Require", "UploadPermits", "command_only", "invitation_address"]
