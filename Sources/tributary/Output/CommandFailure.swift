import AgentClient
import Aggregation
import ArgumentParser
import Attestation
import Audit
import Coordination
import CoordinatorServer
import Datasets
import Federation
import Foundation
import Ledger
import Rehearsal
import Runs
import Simulation
import Tensors
import Training
import Valuation
import Wire

/// Any error as the user sees it: a code, a sentence, what to do next, and the process's exit code.
///
/// The one place where the modules' errors become exit codes; the numbers are in docs/exit-codes.md.
struct CommandFailure {
    /// What scripts see under `--json`.
    struct Body: Encodable {
        let code: String
        let message: String
        let hint: String?
    }

    /// Exit codes: those of sysexits.h where one fits.
    enum Exit: Int32 {
        case failure = 1
        case auditFault = 2
        case auditUnverified = 3
        case usage = 64
        case badData = 65
        case noInput = 66
        case unavailable = 69
        case cannotCreate = 73
        case io = 74
        case noPermission = 77
        case interrupted = 130
    }

    let body: Body
    let exit: Exit
    /// The command has said all there is to say.
    let isSilent: Bool

    var exitCode: Int32 { exit.rawValue }
    var isUsage: Bool { exit == .usage }

    init(code: String, _ exit: Exit, _ message: String, hint: String? = nil, isSilent: Bool = false) {
        body = Body(code: code, message: message, hint: hint)
        self.exit = exit
        self.isSilent = isSilent
    }

    init(_ error: any Error) {
        switch error {
        case let error as CommandFailureError: self = error.failure
        case let error as SimulationError:
            let exit: Exit =
                error.code == .interrupted ? .interrupted : error.code == .unusableData ? .badData : .failure
            self.init(code: error.code.rawValue, exit, error.message, hint: error.hint)
        case let error as RehearsalError:
            let exit: Exit = error.code == .interrupted ? .interrupted : .failure
            self.init(code: error.code.rawValue, exit, error.message, hint: error.hint)
        case let error as FederationError:
            let exit: Exit = error.code == .underlying || error.code == .diverged ? .failure : .badData
            self.init(code: error.code.rawValue, exit, error.message, hint: error.hint)
        case let error as AgentError:
            let exit = error.problem.flatMap(Self.exit(forProblem:)) ?? Self.exit(for: error.code)
            self.init(code: error.problem ?? error.code.rawValue, exit, error.message, hint: error.hint)
        case let error as CoordinatorServerError:
            self.init(code: error.code.rawValue, Self.exit(for: error.code), error.message, hint: error.hint)
        case let error as CoordinationError:
            self.init(code: error.code.rawValue, Self.exit(for: error.code), error.message, hint: error.hint)
        case let error as WireError: self.init(code: error.code.rawValue, .badData, error.message, hint: error.hint)
        case let error as DatasetError:
            self.init(code: error.code.rawValue, error.code == .notFound ? .noInput : .badData, error.description)
        case let error as RunError: self.init(code: error.code.rawValue, Self.exit(for: error.code), error.message)
        case let error as LedgerError:
            self.init(code: error.code.rawValue, Self.exit(for: error.code), error.description)
        case let error as AuditError:
            self.init(code: error.code.rawValue, Self.exit(for: error.code), error.message, hint: error.hint)
        case let error as TensorError:
            self.init(code: error.code.rawValue, error.code == .fileUnreadable ? .io : .badData, error.description)
        case let error as AttestationError: self.init(code: error.code.rawValue, .badData, error.description)
        case let error as TrainingError: self.init(code: error.code.rawValue, .failure, error.description)
        case let error as AggregationError: self.init(code: error.code.rawValue, .failure, error.description)
        case let error as ValuationError: self.init(code: error.code.rawValue, .failure, error.description)
        case let error where Tributary.exitCode(for: error) == .validationFailure:
            self.init(code: "usage", .usage, Tributary.message(for: error), hint: "see tributary --help")
        default: self.init(code: "failure", .failure, "\(error)")
        }
    }

    private static func exit(for code: RunError.Code) -> Exit {
        switch code {
        case .missing, .notARunFolder, .ambiguousName: .noInput
        case .readOnly: .cannotCreate
        case .diskFull, .fileSystem, .conflictingBlob: .io
        case .tooLarge, .malformed, .unsupportedSchema, .badSignature: .badData
        }
    }

    private static func exit(for code: CoordinationError.Code) -> Exit {
        switch code {
        case .ledgerFailed, .diskFull: .io
        case .staleLedger: .badData
        default: .failure
        }
    }

    private static func exit(for code: CoordinatorServerError.Code) -> Exit {
        switch code {
        case .notACoordinator: .noInput
        case .exists: .cannotCreate
        case .staleLedger, .badSettings, .badKey, .badCertificate, .damagedFile, .limitExceeded: .badData
        case .locked, .portInUse, .cannotListen: .unavailable
        case .fileSystem, .diskFull: .io
        }
    }

    private static func exit(for code: LedgerError.Code) -> Exit {
        switch code {
        case .storeFailed, .storeFull, .storeBusy, .notDurable, .poisoned: .io
        case .storeUnreadable: .noInput
        case .readOnly: .cannotCreate
        default: .badData
        }
    }

    private static func exit(for code: AuditError.Code) -> Exit {
        switch code {
        case .busy: .io
        case .unsoundLedger, .wrongKey: .auditFault
        case .noLedger, .dataMissing: .noInput
        case .tooManyParticipants, .updatesNotKept, .notClosed, .nothingPaid, .notBuiltIn: .badData
        }
    }

    private static func exit(for code: AgentError.Code) -> Exit {
        switch code {
        case .unreachable, .unknownHost: .unavailable
        case .wrongCertificate, .wrongLogKey, .wrongDigest, .receiptRefused: .auditFault
        case .folderBusy, .refused, .joinedElsewhere: .noPermission
        case .folderUnusable: .cannotCreate
        case .diskFull: .io
        case .notJoined, .notFound, .consentMissing, .inputMissing: .noInput
        case .folderDamaged, .invalidSettings, .unusableData, .unusableTask: .badData
        case .stopped: .interrupted
        case .unexpectedAnswer, .trainerFailed, .trainerTimedOut, .trainerOutputInvalid, .abstained, .underlying:
            .failure
        }
    }

    /// What a coordinator refuses is no question of permission where it says otherwise; nil for the others.
    private static func exit(forProblem word: String) -> Exit? {
        switch ProblemCode(rawValue: word) {
        case .invalidTask, .malformedRequest, .tooLarge: .badData
        case .unavailable, .rateLimited, .timeout: .unavailable
        case .diskFull: .io
        case .internalFailure, .conflict: .failure
        default: nil
        }
    }

    /// A message of one or more lines, with what others wrote in it escaped.
    private static func shown(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.shown() }.joined(separator: "\n")
    }

    /// `error: …` and the hint, for people.
    func printToStandardError() {
        var text = "error: \(Self.shown(body.message))\n"
        if let hint = body.hint { text += "hint: \(Self.shown(hint))\n" }
        FileHandle.standardError.write(Data(text.utf8))
    }
}

/// A failure that a command throws ready-made.
struct CommandFailureError: Error {
    let failure: CommandFailure
}
