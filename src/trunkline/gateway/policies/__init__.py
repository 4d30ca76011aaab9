"""The kinds of policies, one a file. To add one: write the file, and put its class into `KINDS` where it is to act."""

from typing import TYPE_CHECKING, Final, Union

from trunkline.gateway.policies.api_key import ApiKey
from trunkline.gateway.policies.cache import Cache
from trunkline.gateway.policies.canary import Canary
from trunkline.gateway.policies.circuit_breaker import CircuitBreaker
from trunkline.gateway.policies.cors import Cors
from trunkline.gateway.policies.fault import Fault
from trunkline.gateway.policies.headers import Headers
from trunkline.gateway.policies.ip import Ip
from trunkline.gateway.policies.json_threats import JsonThreats
from trunkline.gateway.policies.jwt import Jwt
from trunkline.gateway.policies.mask import Mask
from trunkline.gateway.policies.mirror import Mirror
from trunkline.gateway.policies.mutual_tls import MutualTls
from trunkline.gateway.policies.open import Open
from trunkline.gateway.policies.outlier import Outlier
from trunkline.gateway.policies.policy import Policy, Stage
from trunkline.gateway.policies.quota import Quota
from trunkline.gateway.policies.rate_limit import RateLimit
from trunkline.gateway.policies.retry import Retry
from trunkline.gateway.policies.scopes import Scopes
from trunkline.gateway.policies.size import BodySize
from trunkline.gateway.policies.spike import Spike
from trunkline.gateway.policies.tier import Tier
from trunkline.gateway.policies.timeout import Timeout
from trunkline.gateway.policies.transform import Transform
from trunkline.gateway.policies.validate import Validate
from trunkline.gateway.policies.xml_threats import XmlThreats

KINDS: Final[tuple[type[Policy], ...]] = (
    Ip,
    Cors,
    Spike,
    MutualTls,
    ApiKey,
    Jwt,
    Open,
    Scopes,
    Tier,
    RateLimit,
    Quota,
    BodySize,
    JsonThreats,
    XmlThreats,
    Validate,
    Transform,
    Mask,
    Headers,
    Fault,
    Cache,
    Timeout,
    Retry,
    CircuitBreaker,
    Outlier,
    Canary,
    Mirror,
)
"""In the order in which they have their say, which is Envoy's order of filters."""

if TYPE_CHECKING:
    AnyPolicy = Policy
else:
    AnyPolicy = Union[KINDS]  # noqa: UP007  # a union of a tuple

__all__ = ["KINDS", "AnyPolicy", "Policy", "Stage"]
