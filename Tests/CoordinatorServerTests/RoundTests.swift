import Attestation
import Coordination
import CoordinatorServer
import Federation
import Foundation
import Ledger
import NIOHTTP1
import SwiftProtobuf
import Tensors
import Testing
import Training
import Wire

@Suite("Rounds over HTTP")
struct RoundTests {
    @Test("A round is invited, uploaded, accepted, sealed and paid; the same request again has the same answer")
    func wholeTask() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let text = SmallTask.text()
            var hands: [Hand] = []
            for index in 0..<2 {
                let (key, token) = try await room.participant("edge-\(index)")
                hands.append(Hand(room: room, key: key, token: token))
            }
            let first = hands[0]
            async let waiting = first.work()
            let opened = try await room.open(text)
            #expect(!opened.existed && opened.price == 20_000_000)
            #expect(try await waiting.train.round == 1)
            #expect(try await room.open(text).existed)
            var last = WireTrainingOrder()
            for round in UInt32(1)...2 {
                for (index, hand) in hands.enumerated() {
                    let order = try await hand.work().train
                    last = order
                    #expect(order.round == round)
                    try await contribute(hand, order, text, value: Float(round) / 8 + Float(index) / 64)
                }
            }
            // Whoever asks before or after the task is closed: a wait as long as this would run into the request's end.
            #expect(try await hands[0].work(waitMs: 25_000, doneWith: last).idle.allClosed)
            let start = ContinuousClock.now
            #expect(try await hands[0].work(waitMs: 25_000, doneWith: last).idle.allClosed)
            #expect(ContinuousClock.now - start < .seconds(20), "it is news to whoever was at work on that task")
            let account = try WireAccountReply(
                serializedBytes: try await room.send("GET", "/v1/account", token: hands[0].token).bytes)
            #expect(account.balance == 10_000_000 && account.contributions == 2)
            try await checkBooks(room, opened)
        }
    }

    private func contribute(_ hand: Hand, _ order: WireTrainingOrder, _ text: String, value: Float) async throws {
        let room = hand.room
        let base = try Digest(bytes: order.baseModel).hex
        let model = try WireBlobManifest(
            serializedBytes: try await room.send("GET", "/v1/blobs/\(base)", token: hand.token).bytes)
        let chunk = try await room.send("GET", "/v1/blobs/\(base)/chunks/0", token: hand.token)
        #expect(chunk.bytes.count == Int(model.byteCount) && chunk.status == 200)
        #expect(chunk.headers.first(name: "Cache-Control") == "private, max-age=31536000, immutable")
        #expect(
            chunk.bytes.withUnsafeBytes { BlobDigest.chunkHash(of: $0) } == (try Digest(bytes: model.chunkHashes[0])))
        #expect(try await room.send("GET", "/v1/blobs/\(base)/chunks/1", token: hand.token).status == 404)
        let update = try SmallTask.update(text, value: value)
        let path = "/v1/updates/\(update.digest.hex)"
        let request = try hand.statement(order, text, update)
        let early = try await hand.contribute(request)
        #expect(early.status == 409 && early.problem == "conflict")
        let unannounced = try await room.send("PUT", "\(path)/chunks/0", token: hand.token, update.bytes)
        #expect(unannounced.status == 409)
        let oversized = [UInt8](repeating: 0, count: BlobDigest.chunkByteCount + 1)
        let tooLarge = try await room.send("PUT", "\(path)/chunks/0", token: hand.token, oversized)
        #expect(tooLarge.status == 413 && tooLarge.problem == "too_large")
        let begun = try await room.send("POST", path, token: hand.token, message: hand.plan(order, update))
        #expect(try WireUploadProgress(serializedBytes: begun.bytes).missing.map(\.count) == [1])
        var wrong = update.bytes
        wrong[wrong.count - 1] ^= 1
        let refused = try await room.send("PUT", "\(path)/chunks/0", token: hand.token, wrong)
        #expect(refused.status == 422 && refused.problem == "wrong_digest")
        let long = try await room.send("PUT", "\(path)/chunks/0", token: hand.token, update.bytes + [0])
        #expect(long.status == 413)
        for _ in 0..<2 {
            #expect(try await room.send("PUT", "\(path)/chunks/0", token: hand.token, update.bytes).status == 204)
        }
        let first = try await hand.contribute(request)
        let again = try await hand.contribute(request)
        #expect(first.status == 200 && first.bytes == again.bytes)
        #expect(try WireContributionReply(serializedBytes: first.bytes).accepted)
    }

    @Test("A small update may travel with its announcement; wrong bytes or too many are refused")
    func onlyChunk() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let text = SmallTask.text(size: 1)
            let (key, token) = try await room.participant("edge-0")
            _ = try await room.open(text)
            let hand = Hand(room: room, key: key, token: token)
            let order = try await hand.work().train
            let update = try SmallTask.update(text)
            let path = "/v1/updates/\(update.digest.hex)"
            func announce(with bytes: [UInt8]) async throws -> ServerRoom.Answer {
                var request = hand.plan(order, update)
                request.onlyChunk = Data(bytes)
                return try await room.send("POST", path, token: token, message: request)
            }
            var wrong = update.bytes
            wrong[0] ^= 1
            let refused = try await announce(with: wrong)
            #expect(refused.status == 422 && refused.problem == "wrong_digest")
            for bytes in [update.bytes + [0], Array(update.bytes.dropLast())] {
                let malformed = try await announce(with: bytes)
                #expect(malformed.status == 400 && malformed.problem == "malformed_request")
            }
            for _ in 0..<2 {
                let taken = try await announce(with: update.bytes)
                #expect(taken.status == 200)
                #expect(try WireUploadProgress(serializedBytes: taken.bytes).missing.isEmpty)
            }
            let reply = try await hand.contribute(try hand.statement(order, text, update))
            #expect(try WireContributionReply(serializedBytes: reply.bytes).accepted)
        }
    }

    /// After the task is closed: the files for people, and what the ledger says of them.
    private func checkBooks(_ room: ServerRoom, _ opened: WireOpenTaskReply) async throws {
        try await room.stop()
        let task = room.folder.task(try Digest(bytes: opened.task))
        let metrics = try String(contentsOfFile: "\(task)/metrics.csv", encoding: .utf8)
        #expect(metrics.split(separator: "\n").count == 3)
        let events = try String(contentsOfFile: "\(task)/events.jsonl", encoding: .utf8)
        #expect(events.contains("\"event\":\"task-closed\""))
        #expect(FileManager.default.fileExists(atPath: "\(task)/report.html"))
        #expect(FileManager.default.fileExists(atPath: "\(task)/model.safetensors"))
        try await room.start()
        try await room.stop()
        #expect(try String(contentsOfFile: "\(task)/metrics.csv", encoding: .utf8) == metrics)
        #expect(try String(contentsOfFile: "\(task)/events.jsonl", encoding: .utf8) == events)
        try await room.start()
    }

    @Test("A forged statement is refused with its reason, and a true one is taken from its own key alone")
    func forged() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let text = SmallTask.text(size: 1)
            let (key, token) = try await room.participant("edge-0")
            _ = try await room.open(text)
            let hand = Hand(room: room, key: key, token: token)
            let order = try await hand.work().train
            let update = try SmallTask.update(text)
            let path = "/v1/updates/\(update.digest.hex)"
            _ = try await room.send("POST", path, token: token, message: hand.plan(order, update))
            _ = try await room.send("PUT", "\(path)/chunks/0", token: token, update.bytes)
            var request = try hand.statement(order, text, update)
            request.signature = Data(try SigningKey.generate().sign([1, 2, 3]))
            let refused = try WireContributionReply(serializedBytes: try await hand.contribute(request).bytes)
            #expect(!refused.accepted && refused.reason == "bad-signature")
            let (_, thief) = try await room.participant("thief")
            let honest = try hand.statement(order, text, update)
            let stolen = try await room.send("POST", "/v1/contributions", token: thief, message: honest)
            #expect(stolen.status == 403 && stolen.problem == "forbidden")
            let reply = try WireContributionReply(serializedBytes: try await hand.contribute(honest).bytes)
            #expect(reply.accepted)
        }
    }

    @Test("An upload goes on after a restart with the chunks that are there")
    func resumedUpload() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            // 4 × 200,000 + … parameters: 8 MB, eight chunks.
            let text = SmallTask.text(size: 1, hidden: "300000")
            let (key, token) = try await room.participant("edge-0")
            _ = try await room.open(text)
            var hand = Hand(room: room, key: key, token: token)
            let order = try await hand.work().train
            let update = try SmallTask.update(text)
            #expect(update.hashes.count > 4)
            let path = "/v1/updates/\(update.digest.hex)"
            _ = try await room.send("POST", path, token: token, message: hand.plan(order, update))
            let size = BlobDigest.chunkByteCount
            func chunk(_ index: Int) -> [UInt8] { Array(update.bytes.dropFirst(index * size).prefix(size)) }
            for index in [0, 2] {
                let put = try await room.send("PUT", "\(path)/chunks/\(index)", token: token, chunk(index))
                #expect(put.status == 204)
            }
            try await room.stop()
            try await room.start()
            hand.token = try await room.session(key)
            _ = try await hand.work(waitMs: 0)
            let begun = try await room.send("POST", path, token: hand.token, message: hand.plan(order, update))
            let missing = try WireUploadProgress(serializedBytes: begun.bytes).missing
            #expect(missing.map { [$0.first, $0.count] } == [[1, 1], [3, UInt32(update.hashes.count - 3)]])
            for range in missing {
                for index in Int(range.first)..<Int(range.first + range.count) {
                    let put = try await room.send("PUT", "\(path)/chunks/\(index)", token: hand.token, chunk(index))
                    #expect(put.status == 204)
                }
            }
            let reply = try await hand.contribute(hand.statement(order, text, update))
            #expect(try WireContributionReply(serializedBytes: reply.bytes).accepted)
        }
    }

    @Test("An accepted update that is damaged on the disk is asked for again, and the bytes sent anew take its place")
    func damagedUpdate() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let text = SmallTask.text()
            var hands: [Hand] = []
            for index in 0..<2 {
                let (key, token) = try await room.participant("edge-\(index)")
                hands.append(Hand(room: room, key: key, token: token))
            }
            let opened = try await room.open(text)
            let order = try await hands[0].work().train
            let update = try SmallTask.update(text)
            try await contribute(hands[0], order, text, value: 0.25)
            let request = try hands[0].statement(order, text, update)
            let first = try await hands[0].contribute(request)
            try await room.stop()
            let folder = room.folder.task(try Digest(bytes: opened.task))
            let path = "\(folder)/updates/000001/\(update.digest.hex).safetensors"
            let file = try #require(FileHandle(forUpdatingAtPath: path))
            try file.seek(toOffset: UInt64(update.bytes.count - 2))
            try file.write(contentsOf: [0xFF])
            try file.close()
            try await room.start()
            for index in hands.indices { hands[index].token = try await room.session(hands[index].key) }
            let asked = try await hands[0].work().resend
            #expect(asked.update == Data(update.digest.bytes) && asked.round == 1)
            let upload = "/v1/updates/\(update.digest.hex)"
            let plan = hands[0].plan(order, update)
            let begun = try await room.send("POST", upload, token: hands[0].token, message: plan)
            #expect(try WireUploadProgress(serializedBytes: begun.bytes).missing.map(\.count) == [1])
            let put = try await room.send("PUT", "\(upload)/chunks/0", token: hands[0].token, update.bytes)
            #expect(put.status == 204)
            #expect(try await hands[0].contribute(request).bytes == first.bytes)
            try await contribute(hands[1], try await hands[1].work().train, text, value: 0.125)
            #expect(try await hands[0].work(waitMs: 10_000).train.round == 2)
            #expect(FileManager.default.contents(atPath: path) == Data(update.bytes))
        }
    }

    @Test("Work is answered the moment a task is opened, and a client that hangs up does not wait on")
    func longPolls() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let (key, token) = try await room.participant("edge-0")
            let hand = Hand(room: room, key: key, token: token)
            let start = ContinuousClock.now
            #expect(try await hand.work(waitMs: 300).idle.allClosed == false)
            #expect(ContinuousClock.now - start >= .milliseconds(250))
            let hung = Task { try await hand.work(waitMs: 25_000) }
            try await room.eventually { try await room.metric("parked_polls") == 1 }
            hung.cancel()
            try await room.eventually { try await room.metric("parked_polls") == 0 }
            let waiting = Task { try await hand.work(waitMs: 25_000) }
            try await room.eventually { try await room.metric("parked_polls") == 1 }
            _ = try await room.open(SmallTask.text(size: 1))
            // Had it waited to its end, it would have been told that there is nothing to do.
            #expect(try await waiting.value.train.round == 1)
        }
    }

    @Test("A task that many open at once is opened once, and every one of them is told so")
    func openedAtOnce() async throws {
        try await ServerRoom.with { room in
            let text = SmallTask.text()
            let admin = try await room.operatorSession()
            let answers = try await withThrowingTaskGroup(of: ServerRoom.Answer.self) { group in
                for _ in 0..<24 {
                    group.addTask {
                        var request = WireOpenTaskRequest()
                        request.text = text
                        return try await room.send("POST", "/v1/tasks", token: admin, message: request)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 200 }, "\(Set(answers.compactMap(\.problem)))")
            let opened = answers.compactMap { try? WireOpenTaskReply(serializedBytes: $0.bytes) }
            #expect(opened.count == 24 && opened.count { !$0.existed } == 1)
            #expect(Set(opened.map(\.task)).count == 1)
        }
    }

    @Test("A task that cannot be opened is refused with what is wrong")
    func badTasks() async throws {
        try await ServerRoom.with { room in
            let admin = try await room.operatorSession()
            let mistyped = "name: x\nschema: { features: 4, classes: 2 }\nrondes: 3\ncohort: { size: 1 }\n"
            for text in ["", "name: [", mistyped] {
                var request = WireOpenTaskRequest()
                request.text = text
                let answer = try await room.send("POST", "/v1/tasks", token: admin, message: request)
                #expect(answer.status == 422 && answer.problem == "invalid_task")
            }
            var costly = WireOpenTaskRequest()
            costly.text = SmallTask.text().replacing("pool: \"20\"", with: "pool: \"1000000000\"")
            let answer = try await room.send("POST", "/v1/tasks", token: admin, message: costly)
            #expect(answer.status == 422)
        }
    }

    @Test("Whoever waits while the coordinator stops is told so")
    func stopping() async throws {
        try await ServerRoom.with(settings: { $0.participation = .open }) { room in
            let (_, token) = try await room.participant("edge-0")
            var request = WireWorkRequest()
            request.waitMs = 25_000
            let asked = request
            let waiting = Task { try await room.send("POST", "/v1/work", token: token, message: asked) }
            try await room.eventually { try await room.metric("parked_polls") == 1 }
            try await room.stop()
            let answer = try await waiting.value
            #expect(answer.status == 503 && answer.problem == "unavailable")
            try await room.start()
        }
    }
}
