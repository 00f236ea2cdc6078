# Generated from proto/ by tools/generate.py. Do not edit.
from nba_client.pb import consent_pb2 as _consent_pb2
from nba_client.pb import decision_pb2 as _decision_pb2
from nba_client.pb import outcome_pb2 as _outcome_pb2
from nba_client.pb import value_pb2 as _value_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class JournalEntry(_message.Message):
    __slots__ = ("decision", "outcome", "contact", "customer", "purchase", "event", "matter", "attribution", "identity", "server_version")
    DECISION_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_FIELD_NUMBER: _ClassVar[int]
    PURCHASE_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    MATTER_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    SERVER_VERSION_FIELD_NUMBER: _ClassVar[int]
    decision: DecisionEntry
    outcome: OutcomeEntry
    contact: ContactEntry
    customer: CustomerEntry
    purchase: PurchaseEntry
    event: EventEntry
    matter: MatterEntry
    attribution: AttributionEntry
    identity: IdentityEntry
    server_version: str
    def __init__(self, decision: _Optional[_Union[DecisionEntry, _Mapping]] = ..., outcome: _Optional[_Union[OutcomeEntry, _Mapping]] = ..., contact: _Optional[_Union[ContactEntry, _Mapping]] = ..., customer: _Optional[_Union[CustomerEntry, _Mapping]] = ..., purchase: _Optional[_Union[PurchaseEntry, _Mapping]] = ..., event: _Optional[_Union[EventEntry, _Mapping]] = ..., matter: _Optional[_Union[MatterEntry, _Mapping]] = ..., attribution: _Optional[_Union[AttributionEntry, _Mapping]] = ..., identity: _Optional[_Union[IdentityEntry, _Mapping]] = ..., server_version: _Optional[str] = ...) -> None: ...

class DecisionEntry(_message.Message):
    __slots__ = ("decision_id", "customer_ref", "decided_at_ms", "caller", "request", "seed", "catalog_hash", "model_version", "snapshot", "single_candidates", "picks", "features", "evaluable", "anonymous", "cap_units", "arm", "candidates")
    class CapUnitsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_REF_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    CATALOG_HASH_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    SINGLE_CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    PICKS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    EVALUABLE_FIELD_NUMBER: _ClassVar[int]
    ANONYMOUS_FIELD_NUMBER: _ClassVar[int]
    CAP_UNITS_FIELD_NUMBER: _ClassVar[int]
    ARM_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    decision_id: str
    customer_ref: str
    decided_at_ms: int
    caller: str
    request: _decision_pb2.DecideRequest
    seed: int
    catalog_hash: str
    model_version: str
    snapshot: CustomerSnapshot
    single_candidates: _containers.RepeatedCompositeFieldContainer[CandidateEntry]
    picks: _containers.RepeatedCompositeFieldContainer[PickEntry]
    features: FeatureEntry
    evaluable: bool
    anonymous: bool
    cap_units: _containers.ScalarMap[str, int]
    arm: ArmEntry
    candidates: CandidateColumns
    def __init__(self, decision_id: _Optional[str] = ..., customer_ref: _Optional[str] = ..., decided_at_ms: _Optional[int] = ..., caller: _Optional[str] = ..., request: _Optional[_Union[_decision_pb2.DecideRequest, _Mapping]] = ..., seed: _Optional[int] = ..., catalog_hash: _Optional[str] = ..., model_version: _Optional[str] = ..., snapshot: _Optional[_Union[CustomerSnapshot, _Mapping]] = ..., single_candidates: _Optional[_Iterable[_Union[CandidateEntry, _Mapping]]] = ..., picks: _Optional[_Iterable[_Union[PickEntry, _Mapping]]] = ..., features: _Optional[_Union[FeatureEntry, _Mapping]] = ..., evaluable: _Optional[bool] = ..., anonymous: _Optional[bool] = ..., cap_units: _Optional[_Mapping[str, int]] = ..., arm: _Optional[_Union[ArmEntry, _Mapping]] = ..., candidates: _Optional[_Union[CandidateColumns, _Mapping]] = ...) -> None: ...

class ArmEntry(_message.Message):
    __slots__ = ("challenger", "share", "challenged")
    CHALLENGER_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    CHALLENGED_FIELD_NUMBER: _ClassVar[int]
    challenger: str
    share: float
    challenged: bool
    def __init__(self, challenger: _Optional[str] = ..., share: _Optional[float] = ..., challenged: _Optional[bool] = ...) -> None: ...

class CustomerSnapshot(_message.Message):
    __slots__ = ("profile_version", "guard_version", "profile", "consents", "ledger", "suppressions", "activity", "do_not_contact", "household", "matters")
    PROFILE_VERSION_FIELD_NUMBER: _ClassVar[int]
    GUARD_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    CONSENTS_FIELD_NUMBER: _ClassVar[int]
    LEDGER_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    DO_NOT_CONTACT_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_FIELD_NUMBER: _ClassVar[int]
    MATTERS_FIELD_NUMBER: _ClassVar[int]
    profile_version: int
    guard_version: int
    profile: bytes
    consents: bytes
    ledger: bytes
    suppressions: bytes
    activity: bytes
    do_not_contact: bytes
    household: bytes
    matters: bytes
    def __init__(self, profile_version: _Optional[int] = ..., guard_version: _Optional[int] = ..., profile: _Optional[bytes] = ..., consents: _Optional[bytes] = ..., ledger: _Optional[bytes] = ..., suppressions: _Optional[bytes] = ..., activity: _Optional[bytes] = ..., do_not_contact: _Optional[bytes] = ..., household: _Optional[bytes] = ..., matters: _Optional[bytes] = ...) -> None: ...

class TextColumn(_message.Message):
    __slots__ = ("texts", "places", "actions")
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    texts: _containers.RepeatedScalarFieldContainer[str]
    places: bytes
    actions: bool
    def __init__(self, texts: _Optional[_Iterable[str]] = ..., places: _Optional[bytes] = ..., actions: _Optional[bool] = ...) -> None: ...

class NumberColumn(_message.Message):
    __slots__ = ("values", "places", "floats")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    FLOATS_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    places: bytes
    floats: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, values: _Optional[_Iterable[float]] = ..., places: _Optional[bytes] = ..., floats: _Optional[_Iterable[float]] = ...) -> None: ...

class CandidateColumns(_message.Message):
    __slots__ = ("count", "placement", "action", "treatment", "rows", "propensity", "context_weight", "value", "lever", "priority", "pick_probability", "evidence", "trials")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    TREATMENT_FIELD_NUMBER: _ClassVar[int]
    CLASS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    PROPENSITY_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LEVER_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    PICK_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    count: int
    placement: TextColumn
    action: TextColumn
    treatment: TextColumn
    rows: _containers.RepeatedScalarFieldContainer[int]
    propensity: NumberColumn
    context_weight: NumberColumn
    value: NumberColumn
    lever: NumberColumn
    priority: NumberColumn
    pick_probability: NumberColumn
    evidence: NumberColumn
    trials: NumberColumn
    def __init__(self, count: _Optional[int] = ..., placement: _Optional[_Union[TextColumn, _Mapping]] = ..., action: _Optional[_Union[TextColumn, _Mapping]] = ..., treatment: _Optional[_Union[TextColumn, _Mapping]] = ..., rows: _Optional[_Iterable[int]] = ..., propensity: _Optional[_Union[NumberColumn, _Mapping]] = ..., context_weight: _Optional[_Union[NumberColumn, _Mapping]] = ..., value: _Optional[_Union[NumberColumn, _Mapping]] = ..., lever: _Optional[_Union[NumberColumn, _Mapping]] = ..., priority: _Optional[_Union[NumberColumn, _Mapping]] = ..., pick_probability: _Optional[_Union[NumberColumn, _Mapping]] = ..., evidence: _Optional[_Union[NumberColumn, _Mapping]] = ..., trials: _Optional[_Union[NumberColumn, _Mapping]] = ..., **kwargs) -> None: ...

class CandidateEntry(_message.Message):
    __slots__ = ("placement", "action", "treatment", "propensity", "priority", "factors", "pick_probability", "row", "evidence", "trials")
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    TREATMENT_FIELD_NUMBER: _ClassVar[int]
    PROPENSITY_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    PICK_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    CLASS_FIELD_NUMBER: _ClassVar[int]
    ROW_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    TRIALS_FIELD_NUMBER: _ClassVar[int]
    placement: str
    action: str
    treatment: str
    propensity: float
    priority: float
    factors: _decision_pb2.PriorityFactors
    pick_probability: float
    row: int
    evidence: float
    trials: float
    def __init__(self, placement: _Optional[str] = ..., action: _Optional[str] = ..., treatment: _Optional[str] = ..., propensity: _Optional[float] = ..., priority: _Optional[float] = ..., factors: _Optional[_Union[_decision_pb2.PriorityFactors, _Mapping]] = ..., pick_probability: _Optional[float] = ..., row: _Optional[int] = ..., evidence: _Optional[float] = ..., trials: _Optional[float] = ..., **kwargs) -> None: ...

class PickEntry(_message.Message):
    __slots__ = ("candidate", "position", "pick_probability", "explored", "fallback")
    CANDIDATE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    PICK_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    EXPLORED_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    candidate: int
    position: int
    pick_probability: float
    explored: bool
    fallback: bool
    def __init__(self, candidate: _Optional[int] = ..., position: _Optional[int] = ..., pick_probability: _Optional[float] = ..., explored: _Optional[bool] = ..., fallback: _Optional[bool] = ...) -> None: ...

class FeatureEntry(_message.Message):
    __slots__ = ("definition_hash", "shared_numbers", "shared_texts", "pair_numbers", "pair_texts", "rows", "pair_number_columns", "pair_text_columns")
    DEFINITION_HASH_FIELD_NUMBER: _ClassVar[int]
    SHARED_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    SHARED_TEXTS_FIELD_NUMBER: _ClassVar[int]
    PAIR_NUMBERS_FIELD_NUMBER: _ClassVar[int]
    PAIR_TEXTS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    PAIR_NUMBER_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    PAIR_TEXT_COLUMNS_FIELD_NUMBER: _ClassVar[int]
    definition_hash: str
    shared_numbers: bytes
    shared_texts: _containers.RepeatedScalarFieldContainer[str]
    pair_numbers: bytes
    pair_texts: _containers.RepeatedScalarFieldContainer[str]
    rows: int
    pair_number_columns: _containers.RepeatedCompositeFieldContainer[NumberColumn]
    pair_text_columns: _containers.RepeatedCompositeFieldContainer[TextColumn]
    def __init__(self, definition_hash: _Optional[str] = ..., shared_numbers: _Optional[bytes] = ..., shared_texts: _Optional[_Iterable[str]] = ..., pair_numbers: _Optional[bytes] = ..., pair_texts: _Optional[_Iterable[str]] = ..., rows: _Optional[int] = ..., pair_number_columns: _Optional[_Iterable[_Union[NumberColumn, _Mapping]]] = ..., pair_text_columns: _Optional[_Iterable[_Union[TextColumn, _Mapping]]] = ...) -> None: ...

class OutcomeEntry(_message.Message):
    __slots__ = ("customer_ref", "decision_id", "contact_id", "action", "channel", "type", "event_id", "occurred_at_ms", "value", "product", "reason", "withdraws", "late", "caller", "suppressions", "consents")
    CUSTOMER_REF_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    CONTACT_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWS_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    SUPPRESSIONS_FIELD_NUMBER: _ClassVar[int]
    CONSENTS_FIELD_NUMBER: _ClassVar[int]
    customer_ref: str
    decision_id: str
    contact_id: str
    action: str
    channel: str
    type: _outcome_pb2.OutcomeType
    event_id: str
    occurred_at_ms: int
    value: float
    product: str
    reason: str
    withdraws: str
    late: bool
    caller: str
    suppressions: _containers.RepeatedCompositeFieldContainer[SuppressionChange]
    consents: _containers.RepeatedCompositeFieldContainer[_consent_pb2.Consent]
    def __init__(self, customer_ref: _Optional[str] = ..., decision_id: _Optional[str] = ..., contact_id: _Optional[str] = ..., action: _Optional[str] = ..., channel: _Optional[str] = ..., type: _Optional[_Union[_outcome_pb2.OutcomeType, str]] = ..., event_id: _Optional[str] = ..., occurred_at_ms: _Optional[int] = ..., value: _Optional[float] = ..., product: _Optional[str] = ..., reason: _Optional[str] = ..., withdraws: _Optional[str] = ..., late: _Optional[bool] = ..., caller: _Optional[str] = ..., suppressions: _Optional[_Iterable[_Union[SuppressionChange, _Mapping]]] = ..., consents: _Optional[_Iterable[_Union[_consent_pb2.Consent, _Mapping]]] = ...) -> None: ...

class SuppressionChange(_message.Message):
    __slots__ = ("lifted", "rule", "level", "key", "channel", "since_ms", "until_ms", "cause")
    LIFTED_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    lifted: bool
    rule: str
    level: str
    key: str
    channel: str
    since_ms: int
    until_ms: int
    cause: str
    def __init__(self, lifted: _Optional[bool] = ..., rule: _Optional[str] = ..., level: _Optional[str] = ..., key: _Optional[str] = ..., channel: _Optional[str] = ..., since_ms: _Optional[int] = ..., until_ms: _Optional[int] = ..., cause: _Optional[str] = ...) -> None: ...

class ContactEntry(_message.Message):
    __slots__ = ("customer_ref", "contact_id", "channel", "action", "occurred_at_ms", "pick_probability", "features", "response_until_ms", "placement", "context", "candidates")
    class ContextEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _value_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_value_pb2.Value, _Mapping]] = ...) -> None: ...
    CUSTOMER_REF_FIELD_NUMBER: _ClassVar[int]
    CONTACT_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    PICK_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    CLASS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    PLACEMENT_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    customer_ref: str
    contact_id: str
    channel: str
    action: str
    occurred_at_ms: int
    pick_probability: float
    features: FeatureEntry
    response_until_ms: int
    placement: str
    context: _containers.MessageMap[str, _value_pb2.Value]
    candidates: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, customer_ref: _Optional[str] = ..., contact_id: _Optional[str] = ..., channel: _Optional[str] = ..., action: _Optional[str] = ..., occurred_at_ms: _Optional[int] = ..., pick_probability: _Optional[float] = ..., features: _Optional[_Union[FeatureEntry, _Mapping]] = ..., response_until_ms: _Optional[int] = ..., placement: _Optional[str] = ..., context: _Optional[_Mapping[str, _value_pb2.Value]] = ..., candidates: _Optional[_Iterable[str]] = ..., **kwargs) -> None: ...

class CustomerEntry(_message.Message):
    __slots__ = ("customer_ref", "version", "deleted", "changed", "consents")
    CUSTOMER_REF_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    CONSENTS_FIELD_NUMBER: _ClassVar[int]
    customer_ref: str
    version: int
    deleted: bool
    changed: _containers.RepeatedScalarFieldContainer[str]
    consents: _containers.RepeatedCompositeFieldContainer[_consent_pb2.Consent]
    def __init__(self, customer_ref: _Optional[str] = ..., version: _Optional[int] = ..., deleted: _Optional[bool] = ..., changed: _Optional[_Iterable[str]] = ..., consents: _Optional[_Iterable[_Union[_consent_pb2.Consent, _Mapping]]] = ...) -> None: ...

class PurchaseEntry(_message.Message):
    __slots__ = ("customer_ref", "purchase_id", "occurred_at_ms", "value", "returned")
    CUSTOMER_REF_FIELD_NUMBER: _ClassVar[int]
    PURCHASE_ID_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    RETURNED_FIELD_NUMBER: _ClassVar[int]
    customer_ref: str
    purchase_id: str
    occurred_at_ms: int
    value: float
    returned: bool
    def __init__(self, customer_ref: _Optional[str] = ..., purchase_id: _Optional[str] = ..., occurred_at_ms: _Optional[int] = ..., value: _Optional[float] = ..., returned: _Optional[bool] = ...) -> None: ...

class EventEntry(_message.Message):
    __slots__ = ("customer_ref", "event_id", "type", "occurred_at_ms", "channel", "case_id", "category", "measure", "value", "caller")
    CUSTOMER_REF_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CASE_ID_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    customer_ref: str
    event_id: str
    type: str
    occurred_at_ms: int
    channel: str
    case_id: str
    category: str
    measure: str
    value: float
    caller: str
    def __init__(self, customer_ref: _Optional[str] = ..., event_id: _Optional[str] = ..., type: _Optional[str] = ..., occurred_at_ms: _Optional[int] = ..., channel: _Optional[str] = ..., case_id: _Optional[str] = ..., category: _Optional[str] = ..., measure: _Optional[str] = ..., value: _Optional[float] = ..., caller: _Optional[str] = ...) -> None: ...

class MatterEntry(_message.Message):
    __slots__ = ("customer_ref", "matter_id", "rule", "kind", "open", "at_ms", "event_id", "channel", "caller")
    CUSTOMER_REF_FIELD_NUMBER: _ClassVar[int]
    MATTER_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    customer_ref: str
    matter_id: str
    rule: str
    kind: str
    open: bool
    at_ms: int
    event_id: str
    channel: str
    caller: str
    def __init__(self, customer_ref: _Optional[str] = ..., matter_id: _Optional[str] = ..., rule: _Optional[str] = ..., kind: _Optional[str] = ..., open: _Optional[bool] = ..., at_ms: _Optional[int] = ..., event_id: _Optional[str] = ..., channel: _Optional[str] = ..., caller: _Optional[str] = ...) -> None: ...

class AttributionEntry(_message.Message):
    __slots__ = ("customer_ref", "purchase_id", "occurred_at_ms", "touches")
    CUSTOMER_REF_FIELD_NUMBER: _ClassVar[int]
    PURCHASE_ID_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    TOUCHES_FIELD_NUMBER: _ClassVar[int]
    customer_ref: str
    purchase_id: str
    occurred_at_ms: int
    touches: _containers.RepeatedCompositeFieldContainer[TouchEntry]
    def __init__(self, customer_ref: _Optional[str] = ..., purchase_id: _Optional[str] = ..., occurred_at_ms: _Optional[int] = ..., touches: _Optional[_Iterable[_Union[TouchEntry, _Mapping]]] = ...) -> None: ...

class TouchEntry(_message.Message):
    __slots__ = ("contact_id", "decision_id", "action", "channel", "at_ms", "product", "value", "last")
    CONTACT_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    PRODUCT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    contact_id: str
    decision_id: str
    action: str
    channel: str
    at_ms: int
    product: str
    value: float
    last: bool
    def __init__(self, contact_id: _Optional[str] = ..., decision_id: _Optional[str] = ..., action: _Optional[str] = ..., channel: _Optional[str] = ..., at_ms: _Optional[int] = ..., product: _Optional[str] = ..., value: _Optional[float] = ..., last: _Optional[bool] = ...) -> None: ...

class IdentityEntry(_message.Message):
    __slots__ = ("customer_ref", "visitor_ref", "identified_at_ms", "contact_ids", "caller")
    CUSTOMER_REF_FIELD_NUMBER: _ClassVar[int]
    VISITOR_REF_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    CONTACT_IDS_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    customer_ref: str
    visitor_ref: str
    identified_at_ms: int
    contact_ids: _containers.RepeatedScalarFieldContainer[str]
    caller: str
    def __init__(self, customer_ref: _Optional[str] = ..., visitor_ref: _Optional[str] = ..., identified_at_ms: _Optional[int] = ..., contact_ids: _Optional[_Iterable[str]] = ..., caller: _Optional[str] = ...) -> None: ...
