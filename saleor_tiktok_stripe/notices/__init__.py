"""Problems and deadlines, told to the merchant: by mail, by signed webhook, at once or in a digest.

``look`` finds what there is to tell and writes down what is sent; the job ``notice.send`` delivers
it. Each thing is told once, and again only when it gets worse or its deadline nears.
"""

from ..accounts import NoticeConfigured, NoticeKind, NoticeMode, NoticePolicy
from ..accounts import configure_notices as configure
from ..accounts import notice_policy as policy
from ..accounts import rotate_notice_secret as rotate_secret
from .collecting import findings, first_of_channel, own_findings
from .listing import DeliveryLine, NoticeLine, deliveries, listed
from .looking import Looked, look, look_everywhere
from .sending import Tested, test
from .things import Thing

__all__ = [
    "DeliveryLine",
    "Looked",
    "NoticeConfigured",
    "NoticeKind",
    "NoticeLine",
    "NoticeMode",
    "NoticePolicy",
    "Tested",
    "Thing",
    "configure",
    "deliveries",
    "findings",
    "first_of_channel",
    "listed",
    "look",
    "look_everywhere",
    "own_findings",
    "policy",
    "rotate_secret",
    "test",
]
