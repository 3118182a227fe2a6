import Attestation
import Coordination
import CoordinatorServer
import Federation
import Foundation
import Ledger
import Logging
import NIOHTTP1
import SwiftProtobuf
import TestSupport
import Testing
import Training
import Wire

@Suite("What an operator decides")
struct OperatorTests {
    private func account(_ hand: Hand) async throws -> UInt64 {
        try WireAccountReply(serializedBytes: try await hand.room.get("/v1/account", hand.token).bytes).balance
    }

    @Test("A task is closed by hand: its open round is given up, what was earned is paid, the rest returns")
    func close() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let reward = """
                { score: samples, pool: "20", samples_cap: 1000, source: sponsor, sponsor: acme, unproved_pay: accepted }
                """
            let text = SmallTask.text(size: 1, reward: reward)
            let hand = try await room.hand("edge-0")
            let task = try Digest(bytes: try await room.open(text).task)
            try await hand.contribute(try await hand.work().train, text, value: 0.25)
            let second = try await hand.work(waitMs: 20_000).train
            #expect(second.round == 2)
            let admin = try await room.operatorSession()
            let path = "/v1/tasks/\(task.hex)/close"
            let waiting = Task { try await hand.work(waitMs: 25_000, doneWith: second) }
            try await room.eventually { try await room.metric("parked_polls") == 1 }
            #expect(try await room.send("POST", path, token: admin).status == 204)
            #expect(try await waiting.value.idle.allClosed, "who waits hears of it at once")
            #expect(try await account(hand) == 10_000_000, "one round of two")
            let again = try await room.send("POST", path, token: admin)
            #expect(again.status == 409 && again.problem == "conflict")
            let unknown = try await room.send("POST", "/v1/tasks/\(EndpointTests.digest)/close", token: admin)
            #expect(unknown.status == 404)
            let entries = try await room.entries(admin).entries
            let refunds = entries.compactMap { entry -> UInt64? in
                guard case .transfer(let transfer) = entry.body, transfer.kind == .refund else { return nil }
                return transfer.amount
            }
            #expect(refunds.reduce(0, +) == 10_000_000)
            let reasons = entries.compactMap { entry -> TaskClosed.Reason? in
                guard case .taskClosed(let closed) = entry.body else { return nil }
                return closed.reason
            }
            #expect(reasons == [.byOperator])
        }
    }

    @Test("An unfunded promise is refused when it is made, and a work order carries the proof of one that is kept")
    func fundedPromise() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            func text(_ pool: String) -> String {
                SmallTask.text(
                    size: 1,
                    reward: """
                        { score: samples, pool: "\(pool)", samples_cap: 9, source: sponsor, sponsor: acme, \
                        unproved_pay: accepted }
                        """)
            }
            let admin = try await room.operatorSession()
            var request = WireOpenTaskRequest()
            request.text = text("1000.000001")
            let refused = try await room.send("POST", "/v1/tasks", token: admin, message: request)
            #expect(refused.status == 422 && refused.problem == "invalid_task", "the sponsor has 1000")
            let hand = try await room.hand("edge-0")
            let task = try Digest(bytes: try await room.open(text("1000")).task)
            let order = try await hand.work().train
            let verifier = try NoteVerifier(
                vkey: try WireCoordinatorInfo(serializedBytes: try await room.send("GET", "/v1/coordinator").bytes)
                    .verifierKey)
            let entry = try Receipt(decoding: [UInt8](order.funding)).verified(by: verifier).entry.entry
            #expect(entry.sequence == order.fundingSequence)
            guard case .transfer(let transfer) = entry.body else {
                Issue.record("entry \(entry.sequence) is no transfer")
                return
            }
            #expect(transfer.kind == .deposit && transfer.credit == .escrow(task) && transfer.amount == 1_000_000_000)
        }
    }

    @Test("Units go with the invitation onto the ledger, and may be assigned anew")
    func units() async throws {
        try await ServerRoom.with { room in
            let admin = try await room.operatorSession()
            var ask = WireInvitationRequest()
            ask.uses = 1
            ask.units = 8
            let code = try WireInvitation(
                serializedBytes: try await room.send("POST", "/v1/invitations", token: admin, message: ask).bytes
            ).code
            ask.units = 9
            #expect(try await room.send("POST", "/v1/invitations", token: admin, message: ask).status == 400)
            _ = try await room.hand("heavy", invitation: code)
            let registered = try await room.entries(admin).entries.compactMap { entry -> UInt32? in
                guard case .participantRegistered(let body) = entry.body else { return nil }
                return body.units
            }
            #expect(registered == [8])
            let text = SmallTask.text(size: 1, deadlineSeconds: 60, reward: "{ score: value, pool: \"20\" }")
            let task = try await room.open(text).task
            func assign(_ units: UInt32, to number: Int, task: Data = Data()) async throws -> ServerRoom.Answer {
                var request = WireUnitsRequest()
                request.units = units
                request.task = task
                return try await room.send("POST", "/v1/participants/\(number)/units", token: admin, message: request)
            }
            #expect(try await assign(2, to: 0).status == 204)
            #expect(try await assign(3, to: 0, task: task).status == 204)
            for units in [UInt32(0), 9] {
                let refused = try await assign(units, to: 0)
                #expect(refused.status == 409 && refused.problem == "conflict")
            }
            #expect(try await assign(4, to: 7).status == 404)
            #expect(try await assign(4, to: 0, task: Data(repeating: 1, count: 32)).status == 404)
            #expect(try await assign(4, to: 0, task: Data([1])).status == 400)
            try await room.stop()
            let store = try SQLiteLedgerStore(path: room.folder.ledger, access: .readOnly)
            let assigned = try store.entries(in: 0..<store.count).compactMap { stored -> (Bool, UInt32)? in
                guard case .unitsAssigned(let body) = try EncodedEntry(decoding: stored.bytes).entry.body else {
                    return nil
                }
                return (body.task != nil, body.units)
            }
            try store.close()
            #expect(assigned.map(\.0) == [false, true] && assigned.map(\.1) == [2, 3])
            try await room.start()
        }
    }

    @Test("A key that nobody invited is not let in while a task pays without proof, and the log warns of it")
    func openRegistration() async throws {
        try await ServerRoom.with { room in
            let admin = try await room.operatorSession()
            let task = try await room.open(SmallTask.text(reward: "{ score: value, pool: \"20\" }")).task
            let settings = try String(contentsOfFile: room.folder.settings, encoding: .utf8)
            try settings.replacing("participation: invited", with: "participation: open")
                .write(toFile: room.folder.settings, atomically: true, encoding: .utf8)
            room.service?.reload()
            try await room.eventually {
                room.log.contains { $0.contains("participation is open, but task small pays") }
            }
            let token = try await room.session(SigningKey.generate())
            var request = WireRegistrationRequest()
            let refused = try await room.send("POST", "/v1/participants", token: token, message: request)
            #expect(refused.status == 409 && refused.problem == "conflict")
            let code = try WireInvitation(
                serializedBytes: try await room.send(
                    "POST", "/v1/invitations", token: admin, message: WireInvitationRequest()
                ).bytes
            ).code
            request.invitation = code
            #expect(try await room.send("POST", "/v1/participants", token: token, message: request).status == 200)
            let path = "/v1/tasks/\(try Digest(bytes: task).hex)/close"
            #expect(try await room.send("POST", path, token: admin).status == 204)
            let other = try await room.session(SigningKey.generate())
            let joined = try await room.send(
                "POST", "/v1/participants", token: other, message: WireRegistrationRequest())
            #expect(joined.status == 200, "nothing is paid any more")
            var opening = WireOpenTaskRequest()
            opening.text = SmallTask.text(name: "paid", reward: "{ score: value, pool: \"20\" }")
            let unproved = try await room.send("POST", "/v1/tasks", token: admin, message: opening)
            #expect(unproved.status == 422 && unproved.problem == "invalid_task")
        }
    }

    @Test("A ledger of rules version 1 is not opened, and the reason says what can still be done with it")
    func oldLedger() throws {
        let home = try TemporaryFolder()
        let folder = CoordinatorFolder(path: "\(home.path)/c")
        let nowMs = CoordinatorService.systemMs()
        try CoordinatorSetup.make(
            folder,
            CoordinatorFolder.Plan(
                settings: CoordinatorSettings(origin: "test.example/log", port: 0), nowSeconds: Int64(nowMs / 1_000)),
            money: .init(), nowMs: nowMs)
        for suffix in ["", "-wal", "-shm"] { unlink(folder.ledger + suffix) }
        let genesis = Genesis(
            origin: "test.example/log", coordinatorKey: try folder.readKey().publicKey, asset: "TRIB", cap: 1_000,
            rulesVersion: 1, grants: [])
        let store = try SQLiteLedgerStore(path: folder.ledger, access: .create)
        try store.append(
            [try EncodedEntry(sequence: 0, previous: .zero, timeMs: 1, body: .genesis(genesis))], balances: [])
        try store.close()
        #expect {
            try CoordinatorService(
                .init(folder: folder), loader: SmallLoader(), level: LogLevelBox(.critical),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        } throws: { error in
            let words = "\(error)"
            return error as? CoordinatorServerError == CoordinatorServerError(.fileSystem, "")
                && words.contains("rules version 1") && words.contains("tributary coordinator init --home FOLDER")
        }
    }
}
