import Attestation
import Foundation
import TestSupport
import Testing

@Suite("Merkle proof vectors of transparency-dev", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
struct MerkleProofVectorTests {
    struct InclusionProbe: Decodable {
        let leafIdx: UInt64
        let treeSize: UInt64
        let root: Data?
        let leafHash: Data?
        let proof: [Data]?
        let desc: String
        let wantErr: Bool
    }

    struct ConsistencyProbe: Decodable {
        let size1: UInt64
        let size2: UInt64
        let root1: Data?
        let root2: Data?
        let proof: [Data]?
        let desc: String
        let wantErr: Bool
    }

    @Test("Every inclusion probe is accepted or refused as it says")
    func inclusion() throws {
        let probes = try Self.probes(InclusionProbe.self, in: "inclusion")
        #expect(probes.count == 98)
        #expect(probes.count(where: \.wantErr) == 92)
        for probe in probes {
            let isAccepted = MerkleTreeTests.holds {
                try MerkleProof.verifyInclusion(
                    leafHash: Self.digest(probe.leafHash),
                    index: probe.leafIdx,
                    size: probe.treeSize,
                    proof: (probe.proof ?? []).map { try Self.digest($0) },
                    root: Self.digest(probe.root)
                )
            }
            #expect(isAccepted == !probe.wantErr, "\(probe.desc)")
        }
    }

    @Test("Every consistency probe is accepted or refused as it says")
    func consistency() throws {
        let probes = try Self.probes(ConsistencyProbe.self, in: "consistency")
        #expect(probes.count == 98)
        #expect(probes.count(where: \.wantErr) == 92)
        for probe in probes {
            let isAccepted = MerkleTreeTests.holds {
                try MerkleProof.verifyConsistency(
                    from: probe.size1,
                    to: probe.size2,
                    proof: (probe.proof ?? []).map { try Self.digest($0) },
                    oldRoot: Self.root(probe.root1),
                    newRoot: Self.root(probe.root2)
                )
            }
            #expect(isAccepted == !probe.wantErr, "\(probe.desc)")
        }
    }

    private static func digest(_ data: Data?) throws -> Digest {
        try Digest(bytes: data ?? Data())
    }

    /// Some consistency probes have roots that are not 32 bytes, and one of those is to be accepted. A `Digest` cannot
    /// hold them, so their own hash stands for them: equal stays equal, and unequal stays unequal.
    private static func root(_ data: Data?) throws -> Digest {
        let bytes = [UInt8](data ?? Data())
        return bytes.count == Digest.byteCount ? try Digest(bytes: bytes) : SHA256.hash(bytes)
    }

    private static func probes<Probe: Decodable>(_ type: Probe.Type, in folder: String) throws -> [Probe] {
        let url = try SharedData.url("tlog/merkle-testdata/\(folder)")
        let files = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil)
        let decoder = JSONDecoder()
        return try (files?.compactMap { $0 as? URL } ?? [])
            .filter { $0.pathExtension == "json" }
            .map { try decoder.decode(type, from: Data(contentsOf: $0)) }
    }
}
