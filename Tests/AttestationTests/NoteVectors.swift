import Foundation
import TestSupport

/// The published notes of `tlog/notes/signed-notes.json`.
struct NoteVectors: Decodable {
    struct Note: Decodable {
        let name: String
        let vkey: String
        let skey: String?
        let text: String
        let note: String
    }
    struct BadKey: Decodable {
        let vkey: String
        let why: String
    }

    let notes: [Note]
    let badKeys: [BadKey]
    let leaves: [String]

    private enum CodingKeys: String, CodingKey {
        case notes
        case badKeys = "bad_vkeys"
        case leaves = "test_log_leaves"
    }

    static func load() throws -> NoteVectors {
        try JSONDecoder().decode(NoteVectors.self, from: Data(SharedData.bytes("tlog/notes/signed-notes.json")))
    }
}
