import Attestation
import Ledger

/// Names, keys and bodies that the tests share. Everything is derived from small numbers, so bytes are the same in each
/// run.
enum LedgerFixture {
    static let origin = "example.org/ledger"
    static let cap: UInt64 = 1_000_000_000

    static func signingKey(_ number: Int) throws -> SigningKey {
        try SigningKey(seed: SHA256.hash(Array("key \(number)".utf8)).bytes)
    }

    static func key(_ number: Int) throws -> PublicKey { try signingKey(number).publicKey }

    static func signer() throws -> NoteSigner { try NoteSigner(name: origin, key: signingKey(999)) }

    static func sponsor() throws -> AccountName { try AccountName("sponsor/acme") }

    static func digest(_ text: String) -> Digest { SHA256.hash(Array(text.utf8)) }

    static func genesis(cap: UInt64 = cap, granted: UInt64 = 50_000_000) throws -> Genesis {
        Genesis(
            origin: origin,
            coordinatorKey: try key(999),
            asset: "TRIB",
            cap: cap,
            grants: granted == 0 ? [] : [Genesis.Grant(account: try sponsor(), amount: granted)]
        )
    }

    /// The secret of the task of that name.
    static func secret(_ name: String = "task") -> TaskSecret { TaskSecret(digest("secret \(name)")) }

    /// A squared norm bound that no update of the tests passes unless it means to.
    static let bound: UInt128 = 1 << 54

    static func terms(
        _ name: String = "task",
        trust: TaskTerms.Trust = .known,
        score: TaskTerms.Score = .value,
        weighting: TaskTerms.Weighting = .units,
        disclosure: TaskTerms.Disclosure = .afterClose,
        paidRounds: TaskTerms.PaidRounds = .all,
        roundCount: UInt32 = 10,
        pool: UInt64? = nil,
        targetDrop: UInt64 = 1_000_000_000_000,
        sponsor: AccountName? = nil,
        samplesCap: UInt64 = 0,
        bound: UInt128? = bound,
        history: UInt32 = LedgerLimits.history,
        closeByMs: UInt64 = .max,
        acceptsUnprovedPay: Bool = false
    ) -> TaskTerms {
        TaskTerms(
            trust: trust,
            score: score,
            weighting: weighting,
            disclosure: disclosure,
            paidRounds: paidRounds,
            roundCount: roundCount,
            pool: pool ?? (score == .none ? 0 : 1_000_000),
            targetDrop: targetDrop,
            sponsor: sponsor,
            samplesCap: samplesCap,
            normBoundSquared: weighting == .claimed ? nil : bound,
            history: history,
            closeByMs: closeByMs,
            secretCommitment: secret(name).commitment,
            acceptsUnprovedPay: acceptsUnprovedPay
        )
    }

    static func task(_ name: String = "task", _ terms: TaskTerms? = nil, quorum: UInt32 = 1) -> TaskOpened {
        let configuration = Array("name: \(name)\n".utf8)
        return TaskOpened(
            task: SHA256.hash(configuration),
            configuration: configuration,
            parameterCount: 7_850,
            gridFractionBits: 24,
            validationRoot: digest("validation"),
            terms: terms ?? self.terms(name),
            quorum: quorum
        )
    }

    static let metrics = RoundMetrics(
        validationLossBefore: 2_302_585_092_994,
        validationLossAfter: 1_900_000_000_000,
        testAccuracyPpm: 812_300,
        testLoss: -5,
        scoreGap: -12_345
    )
}
