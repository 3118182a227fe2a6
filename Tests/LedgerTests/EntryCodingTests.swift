import Attestation
import Ledger
import TestSupport
import Testing

@Suite("The bytes of entries")
struct EntryCodingTests {
    @Test("Every kind of entry reads back as it was written, and writes back as it was read")
    func roundTrip() throws {
        let entries = try HistoryWriter.everything().entries
        var kinds: Set<String> = []
        for entry in entries {
            let decoded = try EncodedEntry(decoding: entry.bytes)
            #expect(decoded == entry)
            let again = try EncodedEntry(
                sequence: decoded.entry.sequence,
                previous: decoded.entry.previous,
                timeMs: decoded.entry.timeMs,
                body: decoded.entry.body
            )
            #expect(again.bytes == entry.bytes)
            kinds.insert(entry.entry.body.kindName)
        }
        #expect(kinds.count == 14)
    }

    @Test("The leaf hash is SHA-256 over a zero byte and the bytes")
    func leafHash() throws {
        let entry = try HistoryWriter.everything().entries[3]
        #expect(entry.leafHash == SHA256.hash([0] + entry.bytes))
    }

    @Test("The id is derived from the body: the same body has the same id at another place and time")
    func derivedID() throws {
        let body = EntryBody.snapshot(
            Snapshot(balancesRoot: LedgerFixture.digest("root"), supply: 3, accounts: 2)
        )
        let here = try EncodedEntry(sequence: 0, previous: .zero, timeMs: 0, body: body)
        let there = try EncodedEntry(sequence: 9, previous: here.leafHash, timeMs: 5, body: body)
        #expect(here.entry.id == there.entry.id)
        // Without sequence and time the body begins after 2 + 32 and 2 + 16 bytes.
        let digest = SHA256.hash(Array("tributary/entry/v1".utf8) + [0] + here.bytes[52...])
        #expect(here.entry.id.bytes == Array(digest.bytes.prefix(16)))
    }

    @Test("An entry cut short anywhere, or with a byte after its end, is refused")
    func truncated() throws {
        for entry in try HistoryWriter.everything().entries {
            for count in 0..<entry.bytes.count {
                #expect(throws: LedgerError.self) { try Entry(decoding: Array(entry.bytes[..<count])) }
            }
            for extra in [UInt8(0), 0x08, 0xFF] {
                #expect(throws: LedgerError.self) { try Entry(decoding: entry.bytes + [extra]) }
            }
        }
    }

    @Test("A flipped bit that still decodes is another entry, never the same one written otherwise")
    func oneEncoding() throws {
        for entry in try HistoryWriter.everything().entries {
            for place in entry.bytes.indices {
                var bytes = entry.bytes
                bytes[place] ^= 1 << UInt8(place % 8)
                guard let decoded = try? EncodedEntry(decoding: bytes) else { continue }
                #expect(decoded.entry != entry.entry)
                #expect(decoded.leafHash != entry.leafHash)
            }
        }
    }

    /// The head of an entry with a body of those bytes and the id that belongs to it.
    private func entry(body: [UInt8]) -> [UInt8] {
        let digest = SHA256.hash(Array("tributary/entry/v1".utf8) + [0] + body)
        return [0x12, 32] + [UInt8](repeating: 0, count: 32) + [0x22, 16] + digest.bytes.prefix(16) + body
    }

    /// A snapshot body: field 27, then its message.
    private func snapshotBody(_ message: [UInt8]) -> [UInt8] { [0xDA, 0x01, UInt8(message.count)] + message }

    @Test("Fields and forms that the protocol does not have are refused with their own codes")
    func strictness() throws {
        let root: [UInt8] = [0x0A, 32] + [UInt8](repeating: 7, count: 32)
        #expect(try Entry(decoding: entry(body: snapshotBody(root + [0x10, 5, 0x18, 1]))).sequence == 0)
        let cases: [(String, [UInt8], LedgerError.Code)] = [
            ("no body", Array(entry(body: []).prefix(52)), .missingBody),
            ("unknown field in the body", entry(body: snapshotBody(root + [0x10, 5, 0x20, 1])), .unknownField),
            ("field twice", entry(body: snapshotBody(root + [0x10, 5, 0x10, 5])), .unknownField),
            ("fields out of order", entry(body: snapshotBody([0x10, 5] + root)), .unknownField),
            ("zero written", entry(body: snapshotBody(root + [0x10, 0])), .unknownField),
            ("long varint", entry(body: snapshotBody(root + [0x10, 0x85, 0x00])), .unknownField),
            ("wrong wire type", entry(body: snapshotBody(root + [0x15, 0, 0, 0, 1])), .unknownField),
            ("short digest", entry(body: snapshotBody([0x0A, 2, 1, 2])), .wrongLength),
            ("broken message", entry(body: snapshotBody([0x0A, 90, 1, 2])), .malformedEntry),
            ("unknown body", entry(body: [0xFA, 0x01, 0]), .unknownField),
            ("unknown scalar field", entry(body: [0x28, 1]), .unknownField),
            ("body length too small", entry(body: [0xDA, 0x01, 2] + root), .malformedEntry),
            ("body length too large", entry(body: [0xDA, 0x01, 99] + root), .malformedEntry),
        ]
        for (label, bytes, code) in cases {
            #expect(throws: LedgerError(code, ""), "\(label)") { try Entry(decoding: bytes) }
        }
        var otherID = entry(body: snapshotBody(root))
        otherID[40] ^= 1
        #expect(throws: LedgerError(.wrongID, "")) { try Entry(decoding: otherID) }
        let shortPrevious = [0x12, 31] + [UInt8](repeating: 0, count: 31)
        #expect(throws: LedgerError(.wrongLength, "")) { try Entry(decoding: shortPrevious) }
        #expect(throws: LedgerError(.malformedEntry, "")) { try Entry(decoding: [0x08, 0x00]) }
        #expect(throws: LedgerError(.malformedEntry, "")) {
            try Entry(decoding: [0x08] + [UInt8](repeating: 0xFF, count: 11))
        }
        #expect(throws: LedgerError(.malformedEntry, "")) { try Entry(decoding: []) }
    }

    @Test("Values that no writer gives are refused: unknown enumerations, transfers of nothing, bad names")
    func badValues() throws {
        let task: [UInt8] = [0x2A, 32] + LedgerFixture.digest("task").bytes
        func transfer(_ kind: UInt8, _ debit: String, amount: [UInt8]) -> [UInt8] {
            let names = [0x12, UInt8(debit.utf8.count)] + Array(debit.utf8) + [0x1A, 8] + Array("issuance".utf8)
            let message = (kind == 0 ? [] : [0x08, kind]) + names + amount + task
            return entry(body: [0xC2, 0x01, UInt8(message.count)] + message)
        }
        #expect(try Entry(decoding: transfer(7, "sponsor/a", amount: [0x20, 1])).body.kindName == "transfer")
        #expect(throws: LedgerError(.badValue, "")) {
            try Entry(decoding: transfer(0, "sponsor/a", amount: [0x20, 1]))
        }
        #expect(throws: LedgerError(.badValue, "")) {
            try Entry(decoding: transfer(8, "sponsor/a", amount: [0x20, 1]))
        }
        #expect(throws: LedgerError(.badValue, "")) { try Entry(decoding: transfer(7, "sponsor/a", amount: [])) }
        #expect(throws: LedgerError(.badAccountName, "")) {
            try Entry(decoding: transfer(7, "treasury", amount: [0x20, 1]))
        }
    }

    @Test("An entry of more than 65,535 bytes is neither written nor read")
    func tooLarge() throws {
        let cohort = (0..<16_384).map { ParticipantNumber($0) << 17 }
        let body = EntryBody.roundOpened(
            RoundOpened(task: .zero, round: 1, baseModel: .zero, deadlineMs: 1, cohort: cohort)
        )
        #expect(throws: LedgerError(.entryTooLarge, "")) {
            try EncodedEntry(sequence: 0, previous: .zero, timeMs: 0, body: body)
        }
        #expect(throws: LedgerError(.entryTooLarge, "")) {
            try Entry(decoding: [UInt8](repeating: 0, count: 65_536))
        }
    }

    @Test("Hostile bytes give an entry that writes back the same, or a typed error")
    func fuzz() throws {
        let seeds = try HistoryWriter.everything().entries.map(\.bytes)
        var mutator = Mutator(seed: 11)
        for _ in 0..<Mutator.inputCount {
            let bytes = mutator.mutate(seeds)
            do throws(LedgerError) {
                let entry = try EncodedEntry(decoding: bytes).entry
                let again = try EncodedEntry(
                    sequence: entry.sequence,
                    previous: entry.previous,
                    timeMs: entry.timeMs,
                    body: entry.body
                )
                #expect(again.bytes == bytes)
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
    }

    @Test("Hostile bodies behind a right id give an entry that writes back the same, or a typed error")
    func fuzzBodies() throws {
        let bodies = try HistoryWriter.everything().entries.map { entry in
            try EncodedEntry(sequence: 0, previous: .zero, timeMs: 0, body: entry.entry.body).bytes
        }.map { Array($0.dropFirst(52)) }
        var mutator = Mutator(seed: 12, byteLimit: 60_000)
        for _ in 0..<Mutator.inputCount {
            let bytes = entry(body: mutator.mutate(bodies))
            guard let entry = try? Entry(decoding: bytes) else { continue }
            let again = try EncodedEntry(
                sequence: entry.sequence,
                previous: entry.previous,
                timeMs: entry.timeMs,
                body: entry.body
            )
            #expect(again.bytes == bytes)
        }
    }
}
