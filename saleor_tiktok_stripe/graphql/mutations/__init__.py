"""The mutations, a file per room; each says what it takes (``core.mutations.Mutation``)."""

from .accounts import AccountMutations
from .aftersales import AfterSalesMutations
from .carriers import CarrierMutations
from .catalog import CatalogMutations
from .disputes import DisputeMutations
from .drift import DriftMutations
from .ledger import LedgerMutations
from .notices import NoticeMutations
from .orders import OrderMutations
from .policies import PolicyMutations
from .privacy import PrivacyMutations
from .refunds import RefundMutations
from .work import WorkMutations

MUTATIONS = (
    AccountMutations,
    PolicyMutations,
    OrderMutations,
    CarrierMutations,
    CatalogMutations,
    RefundMutations,
    DisputeMutations,
    AfterSalesMutations,
    LedgerMutations,
    DriftMutations,
    WorkMutations,
    NoticeMutations,
    PrivacyMutations,
)

__all__ = ["MUTATIONS"]
