import Attestation
import Foundation
import Ledger
import Tensors
import TestSupport
import Testing
import Training
import Wire

@Suite("Simulations/clients/minimal.py writes and reads what we do, where Python has numpy and cryptography")
struct MinimalClientTests {
    /// Runs lines of Python after `import minimal as m`; `given` is what the test hands over, and what they put into
    /// `found` comes back.
    private static func python(_ lines: String, given: [String: Any] = [:]) throws -> [String: Any] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-B", "-c",
            """
            import json, sys
            sys.path.insert(0, "Simulations/clients")
            import minimal as m, numpy as np
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
            given, found = json.loads(sys.argv[1]), {}
            \(lines)
            print(json.dumps(found))
            """, String(decoding: try JSONSerialization.data(withJSONObject: given), as: UTF8.self),
        ]
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.featureUnsupported) }
        return try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    }

    private static let isPossible = (try? python("found['ok'] = 1")) != nil
    private static let absence: Comment = "python3 has no numpy or no cryptography"

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    @Test("It is under 100 lines")
    func length() throws {
        let text = try String(contentsOfFile: "Simulations/clients/minimal.py", encoding: .utf8)
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 100)
        #expect(!text.split(separator: "\n").contains { $0.count > 120 })
    }

    @Test(
        "Statements and session proofs are the same bytes, and signed for the same purpose",
        .enabled(if: isPossible, absence))
    func messages() throws {
        let key = try SigningKey(seed: Array(1...32))
        func digest(_ text: String) -> Digest { SHA256.hash(Array(text.utf8)) }
        let statement = ContributionStatement(
            task: digest("task"), round: 300, participantKey: key.publicKey, baseModel: digest("model"),
            configuration: digest("task"), update: digest("update"), parameterCount: 650, sampleCount: 1_797,
            stepCount: 90,
            nonce: Array(0..<16), previousContribution: .zero, ledgerRootSeen: digest("root"),
            possession: ContributionStatement.possession(of: Array("bytes".utf8), by: key.publicKey))
        let nonce = Array(digest("nonce").bytes)
        let found = try Self.python(
            """
            key = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
            d = lambda text: m.sha(text.encode())
            public = key.public_key().public_bytes_raw()
            s = m.encode(d("task"), 300, public, d("model"), d("task"), d("update"), 650, 1797, 90, bytes(range(16)),
                         bytes(32), d("root"), m.sha(public + b"bytes"))
            found["statement"] = s.hex()
            found["signature"] = key.sign(b"tributary/contribution/v1\\0" + s).hex()
            proof = m.encode(d("nonce"), b"example.org/log", 1)
            found["session"] = key.sign(b"tributary/session/v1\\0" + proof).hex()
            found["read"] = {k: [v.hex() if isinstance(v, bytes) else v for v in vs] for k, vs in m.decode(s).items()}
            """)
        #expect(found["statement"] as? String == hex(statement.encoded))
        #expect(found["signature"] as? String == hex(try statement.signed(by: key).signature))
        let session = try #require(found["session"] as? String)
        let signature = stride(from: 0, to: session.count, by: 2).compactMap {
            UInt8(session.dropFirst($0).prefix(2), radix: 16)
        }
        #expect(
            SessionSignature.isValid(
                signature, by: key.publicKey, nonce: nonce, origin: "example.org/log", role: .participant))
        let read = try #require(found["read"] as? [String: [Any]])
        #expect(read["2"]?.first as? Int == 300 && read["8"]?.first as? Int == 1_797)
    }

    @Test("Digests of blobs of one block, one chunk and several are the same", .enabled(if: isPossible, absence))
    func blobDigests() throws {
        let counts = [1, 1 << 14, (1 << 14) + 1, 1 << 20, (1 << 20) + 1, 3 << 20, (6 << 20) + 5 * 16_384 + 5]
        let found = try Self.python(
            "found['digests'] = [m.root(m.chunk_hashes(bytes([n % 251]) * n)).hex() for n in given['counts']]",
            given: ["counts": counts])
        let digests = counts.map { BlobDigest.digest(of: [UInt8](repeating: UInt8($0 % 251), count: $0)).hex }
        #expect(found["digests"] as? [String] == digests)
    }

    @Test(
        "A join string is read, and every receipt of a log is checked with the key in it",
        .enabled(if: isPossible, absence))
    func receipts() throws {
        let signer = try NoteSigner(name: "example.org/log", key: SigningKey(seed: Array(2...33)))
        let join = JoinString(
            host: "example.org", port: 8_440, certificate: SHA256.hash([1]), verifier: signer.verifier, invitation: "")
        let genesis = Genesis(
            origin: "example.org/log", coordinatorKey: signer.verifier.publicKey, asset: "TRIB", cap: 1_000, grants: [])
        let journal = try Journal.create(store: InMemoryLedgerStore(), signer: signer, genesis: genesis, timeMs: 1)
        var keys: [String] = []
        for number in 0..<12 {
            let key = try SigningKey(seed: Array(UInt8(number)..<UInt8(number + 32))).publicKey
            keys.append(hex(key.bytes))
            try journal.append([.participantRegistered(ParticipantRegistered(publicKey: key))], timeMs: 2)
        }
        let receipts = try (1...12).map { try journal.receipt(sequence: UInt64($0)).encoded }
        let found = try Self.python(
            """
            server = m.Coordinator(given["join"], Ed25519PrivateKey.generate())
            found["place"], found["certificate"], found["vkey"] = server.place, server.certificate.hex(), server.vkey
            for text, key in zip(given["receipts"], given["keys"]):
                m.check_receipt(text, server.vkey, bytes.fromhex(key))
            def refuses(text, key):
                try: m.check_receipt(text, server.vkey, bytes.fromhex(key))
                except Exception: return True
            texts, keys = given["receipts"], given["keys"]
            found["refused"] = [refuses(texts[0], keys[1]), refuses(texts[0].replace("index 1", "index 2"), keys[0]),
                                refuses(texts[3].replace("\\n13\\n", "\\n12\\n"), keys[3])]
            """, given: ["join": join.text, "receipts": receipts, "keys": keys])
        #expect(found["place"] as? String == "example.org:8440")
        #expect(found["certificate"] as? String == SHA256.hash([1]).hex)
        #expect(found["vkey"] as? String == signer.verifier.vkey)
        #expect(found["refused"] as? [Bool] == [true, true, true])
    }

    @Test("What it learns lies on the grid and makes the model better", .enabled(if: isPossible, absence))
    func training() throws {
        let room = try TrainerRoom(hidden: [])
        let found = try Self.python(
            """
            rng = np.random.default_rng(3)
            x, y = rng.random((400, 64)).astype("f4"), np.arange(400) % 10
            x[np.arange(400), y] += 2
            change, steps = m.train(np.zeros(650, "<f4"), given["task"], x, y)
            found["steps"], found["change"] = steps, [float(v) for v in change]
            weights = change.reshape(65, 10)
            found["accuracy"] = float(np.mean(np.argmax(x @ weights[:64] + weights[64], axis=1) == y))
            """, given: ["task": room.text])
        #expect(found["steps"] as? Int == 40)
        let change = try #require(found["change"] as? [Double]).map { Float($0) }
        #expect(change.count == room.layout.count)
        #expect(change.allSatisfy(Grid.standard.contains))
        #expect(try #require(found["accuracy"] as? Double) > 0.9)
    }
}
