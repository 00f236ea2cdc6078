"""What the use cases need from the outside, as protocols. Adapters implement them; tests use tiny fakes.

One file a topic; this page is the list of them all.
"""

from nba_server.application.ports.committing import Attempt as Attempt
from nba_server.application.ports.committing import Commit as Commit
from nba_server.application.ports.committing import CommitResult as CommitResult
from nba_server.application.ports.committing import CommitStatus as CommitStatus
from nba_server.application.ports.committing import ContactKind as ContactKind
from nba_server.application.ports.committing import ContactPolicy as ContactPolicy
from nba_server.application.ports.committing import DecisionCommit as DecisionCommit
from nba_server.application.ports.committing import DecisionWriter as DecisionWriter
from nba_server.application.ports.committing import Muting as Muting
from nba_server.application.ports.committing import Offer as Offer
from nba_server.application.ports.committing import OptimisticCommit as OptimisticCommit
from nba_server.application.ports.committing import Repeat as Repeat
from nba_server.application.ports.customers import CustomerReader as CustomerReader
from nba_server.application.ports.customers import CustomerRef as CustomerRef
from nba_server.application.ports.customers import Identity as Identity
from nba_server.application.ports.customers import PartialRead as PartialRead
from nba_server.application.ports.customers import ReadResult as ReadResult
from nba_server.application.ports.customers import located as located
from nba_server.application.ports.deciding import AnswerEncoder as AnswerEncoder
from nba_server.application.ports.deciding import CapLender as CapLender
from nba_server.application.ports.deciding import CapReader as CapReader
from nba_server.application.ports.deciding import HeldContact as HeldContact
from nba_server.application.ports.deciding import JournalEncoder as JournalEncoder
from nba_server.application.ports.deciding import Release as Release
from nba_server.application.ports.deciding import Releases as Releases
from nba_server.application.ports.deciding import ReleaseStatus as ReleaseStatus
from nba_server.application.ports.identification import Identification as Identification
from nba_server.application.ports.identification import IdentityRecord as IdentityRecord
from nba_server.application.ports.identification import IdentityWrite as IdentityWrite
from nba_server.application.ports.identification import Visitors as Visitors
from nba_server.application.ports.journal import JournaledDecision as JournaledDecision
from nba_server.application.ports.journal import JournalReader as JournalReader
from nba_server.application.ports.writing import AttributionRecord as AttributionRecord
from nba_server.application.ports.writing import ContactRecord as ContactRecord
from nba_server.application.ports.writing import CustomerRecord as CustomerRecord
from nba_server.application.ports.writing import CustomerWrite as CustomerWrite
from nba_server.application.ports.writing import CustomerWriter as CustomerWriter
from nba_server.application.ports.writing import DueContact as DueContact
from nba_server.application.ports.writing import EventRecord as EventRecord
from nba_server.application.ports.writing import Households as Households
from nba_server.application.ports.writing import MatterRecord as MatterRecord
from nba_server.application.ports.writing import OutcomeRecord as OutcomeRecord
from nba_server.application.ports.writing import PurchaseRecord as PurchaseRecord
from nba_server.application.ports.writing import Timers as Timers
from nba_server.application.providers import CatalogProvider as CatalogProvider
from nba_server.application.providers import ModelInfo as ModelInfo
from nba_server.application.providers import ModelProvider as ModelProvider
from nba_server.application.providers import SnapshotInfo as SnapshotInfo
