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

    static func task(
        _ name: String = "task",
        score: RewardRule.Score = .path,
        pool: UInt64 = 1_000_000,
        epochRounds: UInt32 = 1,
        sponsor: AccountName? = nil,
        quorum: UInt32 = 1
    ) -> TaskOpened {
        let configuration = Array("name: \(name)\n".utf8)
        return TaskOpened(
            task: SHA256.hash(configuration),
            configuration: configuration,
            initialModel: digest("model \(name) 0"),
            parameterCount: 7_850,
            gridFractionBits: 24,
            validationRoot: digest("validation"),
            reward: RewardRule(score: score, poolPerRound: pool, epochRounds: epochRounds, sponsor: sponsor),
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
