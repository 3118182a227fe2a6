import AgentClient
import Attestation
import Foundation
import Ledger
import Testing
import Wire

@Suite("The agent's loop", .timeLimit(.minutes(10)))
struct AgentRunnerTests {
    @Test("An agent works through the rounds, keeps checked receipts, and clears up when all is closed")
    func wholeTask() async throws {
        let room = try AgentRoom(rounds: 3)
        let lock = try room.folder.open()
        let answered = try await room.runner(trainer: BuiltInTrainer(examples: Fixtures.examples())).run()
        withExtendedLifetime(lock) {}
        #expect(answered == 3)
        #expect(try room.folder.receiptSequences() == [1, 2, 3])
        #expect(try room.folder.storedRounds().isEmpty)
        let state = room.folder.state()
        #expect(state.acceptedCount == 3)
        #expect(state.balance == 3_000_000)
        #expect(state.lastRound?.round == 3)
        #expect(state.owedReceipts.isEmpty)
        let waits = await room.coordinator.workRequests.map(\.waitMs)
        #expect(waits.first == 0, "what is waited for is told at once")
        #expect(waits.dropFirst().allSatisfy { $0 == AgentLimits.workWaitMs })
        #expect(await room.coordinator.calls.last == "leave", "nobody needs to wait for an agent that has ended")
        let second = try #require(room.log.first { $0.hasPrefix("round 2: trained on 30 examples in") })
        #expect(second.hasSuffix("accepted (entry 2)"))
    }

    @Test(
        "An answer that is lost is asked for again with the same bytes, and counts once",
        arguments: [
            "work", "chunk", "beginUpload", "putChunk", "contribute", "taskText", "information", "receipt",
        ])
    func lostAnswers(call: String) async throws {
        let room = try AgentRoom(rounds: 2)
        let lock = try room.folder.open()
        if call == "putChunk" { await room.coordinator.wantPuts() }
        await room.coordinator.fail(
            call, [.lostRequest(FakeCoordinator.broken), .lostAnswer(FakeCoordinator.broken)])
        #expect(try await room.runner().run() == 2)
        withExtendedLifetime(lock) {}
        let posted = await room.coordinator.posted
        #expect(Set(posted.map(\.statement)).count == 2)
        #expect(try room.folder.receiptSequences() == [1, 2])
    }

    @Test(
        "After an end between signing and sending the very same statement is sent",
        arguments: [
            "beginUpload", "putChunk", "contribute",
        ])
    func sameStatementAfterCrash(call: String) async throws {
        let room = try AgentRoom(rounds: 1)
        let lock = try room.folder.open()
        let crash = AgentError(.underlying, "the process ends here")
        if call == "putChunk" { await room.coordinator.wantPuts() }
        await room.coordinator.fail(call, [.lostAnswer(crash)])
        await #expect(throws: crash) { try await room.runner().run() }
        let stored = try #require(try room.folder.storedUpdate(task: room.coordinator.taskID, round: 1))
        #expect(try await room.runner().run() <= 1)
        withExtendedLifetime(lock) {}
        let posted = await room.coordinator.posted
        #expect(Set(posted.map(\.statement)) == [stored.request.statement])
        #expect(Set(posted.map(\.signature)).count == 1)
        #expect(try room.folder.receiptSequences() == [1])
    }

    @Test("A task that consent does not cover is declined once, and its reason told")
    func consent() async throws {
        let room = try AgentRoom()
        let lock = try room.folder.open()
        let answered = try await room.runner(
            consent: Consent(schema: Consent.Schema(features: 64, classes: 10))
        ).run()
        withExtendedLifetime(lock) {}
        #expect(answered == 0)
        #expect(await room.coordinator.workRequests.last?.declinedTasks == [Data(room.coordinator.taskID.bytes)])
        #expect(room.log.filter { $0.hasPrefix("declined task fixture: it is for 6 features") }.count == 1)
        #expect(await room.coordinator.posted.isEmpty)
    }

    @Test("A trainer that fails passes the round over; after three rounds its task is declined")
    func failingTrainer() async throws {
        let room = try AgentRoom(rounds: 10)
        let lock = try room.folder.open()
        let trainer = ZeroTrainer(failure: AgentError(.trainerFailed, "it crashed"))
        #expect(try await room.runner(trainer: trainer).run() == 0)
        withExtendedLifetime(lock) {}
        #expect(room.log.filter { $0.contains("it crashed") && $0.hasPrefix("round") }.count == 3)
        #expect(room.log.contains { $0.hasPrefix("declined task fixture: it failed here 3 times") })
    }

    @Test("Work that is done after the deadline is not sent")
    func lateWork() async throws {
        let room = try AgentRoom(rounds: 1)
        let lock = try room.folder.open()
        await room.coordinator.set(remainingMs: 0)
        #expect(try await room.runner().run() == 0)
        withExtendedLifetime(lock) {}
        #expect(await room.coordinator.count(of: "beginUpload") == 0)
        #expect(room.log.contains("round 1: closed before training was done; nothing was sent"))
    }

    @Test("A contribution that does not count is told with its reason and leaves no receipt")
    func refused() async throws {
        let room = try AgentRoom(rounds: 1)
        let lock = try room.folder.open()
        await room.coordinator.refuse("late")
        #expect(try await room.runner().run() == 1)
        withExtendedLifetime(lock) {}
        #expect(try room.folder.receiptSequences().isEmpty)
        #expect(room.folder.state().lastRound?.reason == "late")
    }

    @Test("An update that the coordinator lost is sent again from the disk, and the same contribution posted again")
    func resend() async throws {
        let room = try AgentRoom(rounds: 1)
        let lock = try room.folder.open()
        #expect(try await room.runner(rounds: 1).run() == 1)
        let stored = try #require(try room.folder.storedUpdate(task: room.coordinator.taskID, round: 1))
        await room.coordinator.forgetUploads()
        var order = WireResendOrder()
        order.task = Data(room.coordinator.taskID.bytes)
        order.round = 1
        order.update = Data(stored.statement.update.bytes)
        await room.coordinator.order(resend: order)
        _ = try await room.runner().run()
        withExtendedLifetime(lock) {}
        #expect(await room.coordinator.chunkCount(of: stored.statement.update) == 1)
        // Only that makes the coordinator look for the bytes; it has the same answer.
        #expect(await room.coordinator.posted == [stored.request, stored.request])
    }

    @Test("A ban stops the agent with the coordinator's word for it")
    func ban() async throws {
        let room = try AgentRoom()
        let lock = try room.folder.open()
        await room.coordinator.fail("work", [.lostRequest(FakeCoordinator.problem(.banned))])
        await #expect(throws: AgentError(.refused, "")) { try await room.runner().run() }
        withExtendedLifetime(lock) {}
    }

    @Test("A coordinator that lost the bytes before the statement came gets them again")
    func lostBytes() async throws {
        let room = try AgentRoom(rounds: 1)
        let lock = try room.folder.open()
        await room.coordinator.fail("contribute", [.lostRequest(FakeCoordinator.problem(.conflict))])
        #expect(try await room.runner().run() == 1)
        withExtendedLifetime(lock) {}
        #expect(await room.coordinator.count(of: "beginUpload") == 2)
        #expect(try room.folder.receiptSequences() == [1])
    }

    @Test("A round that closes during the upload is left behind")
    func conflict() async throws {
        let room = try AgentRoom(rounds: 1)
        let lock = try room.folder.open()
        await room.coordinator.fail("beginUpload", [.lostRequest(FakeCoordinator.problem(.conflict))])
        #expect(try await room.runner().run() == 0)
        withExtendedLifetime(lock) {}
        #expect(try room.folder.storedRounds().isEmpty)
    }
}
