import Attestation
import CoordinatorServer
import Foundation
import SwiftProtobuf
import Testing
import Wire

@Suite("Signing in while others flood")
struct SignInTests {
    private let table: SessionTable
    private let origin = "test.example/log"

    init() {
        var limits = SessionTable.Limits()
        limits.strangers = 6
        limits.strangersPerAddress = 4
        limits.answeredStrangers = 200
        table = SessionTable(origin: origin, limits: limits)
    }

    private func answer(_ key: SigningKey, _ nonce: [UInt8], nowMs: UInt64) throws -> SessionTable.Proof {
        let signature = try key.sign(SessionSignature.message(nonce: nonce, origin: origin, role: .auditor))
        return try table.check(key.publicKey, role: .auditor, nonce: nonce, signature: signature, nowMs: nowMs)
    }

    @discardableResult
    private func signIn(
        _ key: SigningKey, from address: String = "a", isMember: Bool = false, nowMs: UInt64 = 0
    ) throws -> Substring {
        let nonce = table.challenge(key.publicKey, nowMs: nowMs)
        let proof = try answer(key, nonce, nowMs: nowMs)
        return Substring(try table.open(proof, address: address, isMember: isMember, nowMs: nowMs).token)
    }

    @Test("Twenty thousand challenges of one address keep nobody out: the operator signs in", .timeLimit(.minutes(10)))
    func challengeFlood() async throws {
        try await ServerRoom.with(configure: { options in
            options.limits.addressRate = .init(burst: 1e9, perSecond: 1e9)
        }) { room in
            var request = WireChallengeRequest()
            request.publicKey = Data(try SigningKey.generate().publicKey.bytes)
            let body: [UInt8] = try request.serializedBytes()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        for _ in 0..<500 {
                            let answer = try await room.send("POST", "/v1/sessions/challenge", body)
                            #expect(answer.status == 200)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await room.openSession(room.folder.readKey(), .operator).status == 200)
            #expect(try await room.openSession(SigningKey.generate(), .auditor).status == 200)
        }
    }

    @Test("A challenge is of this process, for its key, and for a minute")
    func whatIsAChallenge() throws {
        let key = try SigningKey.generate()
        let nonce = table.challenge(key.publicKey, nowMs: 1_000)
        #expect(nonce.count == 32)
        #expect(throws: SessionTable.Refusal.unknownChallenge) {
            try answer(key, nonce, nowMs: 1_000 + WireLimits.challengeMs)
        }
        #expect(throws: SessionTable.Refusal.unknownChallenge) { try answer(.generate(), nonce, nowMs: 1_000) }
        for place in nonce.indices {
            var changed = nonce
            changed[place] ^= 1
            #expect(throws: SessionTable.Refusal.unknownChallenge) { try answer(key, changed, nowMs: 1_000) }
        }
        let elsewhere = SessionTable(origin: origin).challenge(key.publicKey, nowMs: 1_000)
        #expect(throws: SessionTable.Refusal.unknownChallenge) { try answer(key, elsewhere, nowMs: 1_000) }
        #expect(throws: SessionTable.Refusal.unknownChallenge) { try answer(key, [], nowMs: 1_000) }
        _ = try answer(key, nonce, nowMs: 1_000)
    }

    @Test("A challenge that was answered opens nothing again, whatever its key and others answer meanwhile")
    func replays() throws {
        for (start, isMember) in [(UInt64(0), true), (100_000, false)] {
            let key = try SigningKey.generate()
            let nonce = table.challenge(key.publicKey, nowMs: start)
            let proof = try answer(key, nonce, nowMs: start)
            func open() throws { _ = try table.open(proof, address: "a", isMember: isMember, nowMs: start + 1_000) }
            try open()
            #expect(throws: SessionTable.Refusal.unknownChallenge) { try open() }
            for count in 0..<20 { try signIn(key, isMember: isMember, nowMs: start + UInt64(count)) }
            #expect(throws: SessionTable.Refusal.unknownChallenge) { try open() }
            // More strangers than are remembered.
            for count in 0..<300 { try signIn(.generate(), nowMs: start + 1_000 + UInt64(count)) }
            #expect(throws: SessionTable.Refusal.unknownChallenge) { try open() }
            table.admit(key.publicKey)
            #expect(throws: SessionTable.Refusal.unknownChallenge) { try open() }
        }
    }

    @Test("Strangers' sessions give way to newer ones of their address; members and other addresses keep theirs")
    func strangersGiveWay() throws {
        let member = try signIn(.generate(), isMember: true)
        let neighbour = try signIn(.generate(), from: "b")
        let newcomer = try SigningKey.generate()
        let joined = try signIn(newcomer)
        table.admit(newcomer.publicKey)
        let stranger = try signIn(.generate())
        for _ in 0..<50 { try signIn(.generate()) }
        #expect(table.find(stranger, nowMs: 0) == nil)
        #expect(table.find(member, nowMs: 0)?.isMember == true)
        #expect(table.find(joined, nowMs: 0)?.isMember == true)
        #expect(table.find(neighbour, nowMs: 0)?.isMember == false)
        #expect(table.count == 3 + 4)
        for place in 0..<50 { try signIn(.generate(), from: "c\(place)") }
        #expect(table.count == 2 + 6)
        #expect(table.find(member, nowMs: 0) != nil && table.find(joined, nowMs: 0) != nil)
        // What has expired takes no place.
        try signIn(.generate(), nowMs: WireLimits.sessionMs + 1)
        #expect(table.count == 2 + 1)
    }
}
