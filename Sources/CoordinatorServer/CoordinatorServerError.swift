import Hummingbird
import HummingbirdTLS
import Logging

/// placeholder
enum CoordinatorServerProbe {}
