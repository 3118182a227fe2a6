package import Attestation

/// Where a coordinator keeps its things.
///
/// | file | what is lost if it is lost | who can read it | who can change it could |
/// | --- | --- | --- | --- |
/// | `coordinator.yaml` | settings | – | choose who takes part |
/// | `coordinator.key` | the log's key: nobody trusts a new one | be the coordinator | – |
/// | `tls/` | agents must join again | be the server to agents | – |
/// | `ledger.sqlite` | everything; a replay finds any change | – | be found out |
/// | `tasks/` | models and updates; the ledger has their digests | copy models | be found out |
/// | `tasks/*/private/` | open tasks cannot be settled | learn what is paid for, while it can be used | be found out |
/// | `invitations`, `bans` | who may join, who may not | – | let somebody in |
/// | `checkpoint` and the store of heads | an older ledger may be taken for the newest | – | stop the coordinator |
package struct CoordinatorFolder: Sendable, Equatable {
    /// The folder, without a slash at the end.
    package let path: String
    /// The folder of the newest signed heads, best apart from this one: what is restored with the ledger is as old as
    /// the ledger.
    package let heads: String

    /// - Parameter heads: where the newest signed heads are kept; in the folder itself where nothing is given.
    package init(path: String, heads: String? = nil) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        self.heads = heads ?? "\(self.path)/heads"
    }

    package var settings: String { "\(path)/coordinator.yaml" }
    package var key: String { "\(path)/coordinator.key" }
    package var certificate: String { "\(path)/tls/certificate.pem" }
    package var certificateKey: String { "\(path)/tls/key.pem" }
    package var ledger: String { "\(path)/ledger.sqlite" }
    /// The ledger's last signed tree head.
    package var checkpoint: String { "\(path)/checkpoint" }
    package var tasks: String { "\(path)/tasks" }
    package var invitations: String { "\(path)/invitations" }
    package var bans: String { "\(path)/bans" }
    package var lock: String { "\(path)/coordinator.lock" }
    /// `HOST:PORT` while the coordinator runs.
    package var address: String { "\(path)/address" }
    /// The process that runs it.
    package var processID: String { "\(path)/coordinator.pid" }

    /// The folder of a task.
    package func task(_ task: Digest) -> String { "\(tasks)/\(task.hex)" }
}
