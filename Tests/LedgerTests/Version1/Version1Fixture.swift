import Attestation
import Ledger

/// Bodies of logs that follow rules version 1.
enum Version1Fixture {
    static func genesis(cap: UInt64 = LedgerFixture.cap, granted: UInt64 = 50_000_000) throws -> Genesis {
        Genesis(
            origin: LedgerFixture.origin,
            coordinatorKey: try LedgerFixture.key(999),
            asset: "TRIB",
            cap: cap,
            rulesVersion: 1,
            grants: granted == 0 ? [] : [Genesis.Grant(account: try LedgerFixture.sponsor(), amount: granted)]
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
            initialModel: LedgerFixture.digest("model \(name) 0"),
            parameterCount: 7_850,
            gridFractionBits: 24,
            validationRoot: LedgerFixture.digest("validation"),
            reward: RewardRule(score: score, poolPerRound: pool, epochRounds: epochRounds, sponsor: sponsor),
            quorum: quorum
        )
    }
}
