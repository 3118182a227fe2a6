import Foundation
import Tensors
import TestSupport
import Testing

@Suite("NumPy archives")
struct NPZArchiveTests {
    /// `numpy.savez_compressed` of x_train = arange(48) as u1 (3, 4, 4), y_train = [0, 1, 2] as i8, x_test = 255 as u1
    /// (2, 4, 4), y_test = [2, 0] as i8, groups_train = [7, 7, 9] as i4 (NumPy 2.4).
    static let deflated: [UInt8] = {
        let text = """
            UEsDBC0AAAAIAAAAIQDzMkXD//////////8LABQAeF90cmFpbi5ucHkBABAAsAAAAAAAAAB4AAAAAAAAAJvsF+obEMnIUMZQrZ6S\
            WpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GsY6CiZApKmjUKtAHuBiYGRiZmFlY+fg5OLm4eXjFxAU\
            EhYRFROXkJSSlpGVk1dQVFJWUVVT19DU0tbR1dMHAFBLAwQtAAAACAAAACEA90AS6v//////////CwAUAHlfdHJhaW4ubnB5AQAQ\
            AJgAAAAAAAAATAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RrG\
            Opo6CrUKFAAuBihghNJMUBoAUEsDBC0AAAAIAAAAIQCimvGV//////////8KABQAeF90ZXN0Lm5weQEAEACgAAAAAAAAAEsAAAAA\
            AAAAm+wX6hsQychQxlCtnpJanFykbqWgXlNqqK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKJkCkqaNQq0Ae4PpP\
            AAAAUEsDBC0AAAAIAAAAIQCDT/GC//////////8KABQAeV90ZXN0Lm5weQEAEACQAAAAAAAAAEgAAAAAAAAAm+wX6hsQychQxlCt\
            npJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjqaOgq1ChQALiYGVAAAUEsDBC0AAAAIAAAAIQAL\
            i0vM//////////8QABQAZ3JvdXBzX3RyYWluLm5weQEAEACMAAAAAAAAAEwAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNp\
            oq6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaxjqaOgq1ChQALnYGBgYQ5gRiAFBLAQItAy0AAAAIAAAAIQDzMkXDeAAA\
            ALAAAAALAAAAAAAAAAAAAACAAQAAAAB4X3RyYWluLm5weVBLAQItAy0AAAAIAAAAIQD3QBLqTAAAAJgAAAALAAAAAAAAAAAAAACA\
            AbUAAAB5X3RyYWluLm5weVBLAQItAy0AAAAIAAAAIQCimvGVSwAAAKAAAAAKAAAAAAAAAAAAAACAAT4BAAB4X3Rlc3QubnB5UEsB\
            Ai0DLQAAAAgAAAAhAINP8YJIAAAAkAAAAAoAAAAAAAAAAAAAAIABxQEAAHlfdGVzdC5ucHlQSwECLQMtAAAACAAAACEAC4tLzEwA\
            AACMAAAAEAAAAAAAAAAAAAAAgAFJAgAAZ3JvdXBzX3RyYWluLm5weVBLBQYAAAAABQAFACABAADXAgAAAAA=
            """
        return [UInt8](Data(base64Encoded: text) ?? Data())
    }()

    @Test("Deflated arrays as NumPy writes them are read")
    func readsDeflated() throws {
        let archive = try NPZArchive(bytes: Self.deflated)
        #expect(archive.names == ["x_train", "y_train", "x_test", "y_test", "groups_train"])
        let features = try #require(try archive.array(named: "x_train"))
        #expect(features.header.shape == [3, 4, 4])
        #expect(try features.integers() == Array(0..<48))
        #expect(try archive.array(named: "groups_train")?.integers() == [7, 7, 9])
        #expect(try archive.array(named: "missing") == nil)
    }

    @Test("Stored arrays are read", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
    func readsStored() throws {
        let archive = try NPZArchive(path: SharedData.url("formats/npy/candle_x_xplus1_i64.npz").path)
        #expect(archive.names == ["x", "x_plus_one"])
        let x = try #require(try archive.array(named: "x")).integers()
        #expect(try archive.array(named: "x_plus_one")?.integers() == x.map { $0 + 1 })
    }

    @Test("Any single damaged byte of a member's data or checksum is noticed")
    func noticesDamage() throws {
        // The first member's data: after the local header of 30 + 11 + 20 bytes, 120 bytes long. The
        // last byte is left out: it ends in bits that belong to nothing.
        for place in 61..<61 + 119 {
            var bytes = Self.deflated
            bytes[place] ^= 0x10
            let archive = try NPZArchive(bytes: bytes)
            #expect(throws: TensorError.self, "byte \(place)") { try archive.array(named: "x_train") }
        }
    }

    @Test("An array over the caller's limit is refused before it is decompressed")
    func respectsLimit() throws {
        let archive = try NPZArchive(bytes: Self.deflated)
        #expect(throws: TensorError(.invalidHeader, "")) { try archive.array(named: "x_train", byteLimit: 175) }
        #expect(try archive.array(named: "x_train", byteLimit: 176) != nil)
    }

    @Test("A promise that no compressed data can keep is refused before memory is taken")
    func refusesBombs() throws {
        // The uncompressed size in the first entry of the central directory, which is 288 bytes long.
        var bytes = Self.deflated
        let directory = bytes.count - 22 - 288
        #expect(Array(bytes[directory..<directory + 4]) == [0x50, 0x4B, 1, 2])
        bytes.replaceSubrange(directory + 24..<directory + 28, with: [0, 0, 0, 0xF0])
        let archive = try NPZArchive(bytes: bytes)
        #expect(throws: TensorError(.corruptData, "")) { try archive.array(named: "x_train") }
    }

    @Test("Members that share bytes are refused")
    func refusesOverlap() {
        var bytes = Self.deflated
        let directory = bytes.count - 22 - 288
        // The second entry (after 46 + 11 bytes) is pointed at the first member.
        bytes.replaceSubrange(directory + 57 + 42..<directory + 57 + 46, with: [0, 0, 0, 0])
        #expect(throws: TensorError(.invalidHeader, "")) { try NPZArchive(bytes: bytes) }
    }

    @Test("Archives cut off anywhere are refused")
    func refusesTruncation() {
        for count in 0..<Self.deflated.count {
            #expect(throws: TensorError.self) { try NPZArchive(bytes: Array(Self.deflated[..<count])) }
        }
    }

    @Test("Mutated archives are read or refused with a typed error")
    func survivesMutations() {
        var mutator = Mutator(seed: 3)
        for _ in 0..<Mutator.inputCount {
            let input = mutator.mutate([Self.deflated])
            do throws(TensorError) {
                let archive = try NPZArchive(bytes: input)
                for name in archive.names { _ = try archive.array(named: name, byteLimit: 1 << 20)?.floats() }
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
    }
}
