import Attestation

/// Ed25519 over messages of a contribution statement's size.
struct SignatureBenchmark {
    let count: Int
    let runs: Int

    func run() throws -> [Figure] {
        let key = try SigningKey(seed: SHA256.hash(Array("benchmark".utf8)).bytes)
        let message = [UInt8](repeating: 7, count: 320)
        let signature = try key.sign(message)
        let signing = try Stopwatch.median(runs: runs) {
            for _ in 0..<count { _ = try key.sign(message) }
        }
        let verifying = Stopwatch.median(runs: runs) {
            for _ in 0..<count { precondition(key.publicKey.isValidSignature(signature, for: message)) }
        }
        return [
            Figure("sign_per_s", Double(count) / signing, "/s", "signatures made, 1 thread"),
            Figure("verify_per_s", Double(count) / verifying, "/s", "signatures verified, 1 thread"),
        ]
    }
}
