import Datasets
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Loading data sets")
struct DatasetLoadingTests {
    private static func features(_ examples: LabelledExamples) -> [Float] {
        examples.features.withUnsafeValues { Array($0) }
    }

    /// A `.npy` file of version 1.
    private static func npy(_ type: String, _ shape: String, _ values: [UInt8]) -> [UInt8] {
        let text = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape)}\n".utf8)
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count), 0] + text + values
    }

    @Test("A folder with the IDX files of MNIST, some of them gzipped, is read with its test part")
    func loadsIDX() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write(IDXFileTests.compressed, to: "train-images-idx3-ubyte.gz")
        _ = try folder.write([0, 0, 8, 1, 0, 0, 0, 5, 0, 1, 2, 0, 1], to: "train-labels-idx1-ubyte")
        #expect(try Dataset.load(path: folder.path).test == nil)
        _ = try folder.write(IDXFileTests.plain, to: "t10k-images-idx3-ubyte")
        _ = try folder.write([0, 0, 8, 1, 0, 0, 0, 5, 0, 1, 2, 4, 1], to: "t10k-labels-idx1-ubyte")
        let dataset = try Dataset.load(path: folder.path + "/")
        #expect(dataset.train.labels == [0, 1, 2, 0, 1])
        #expect(dataset.test?.labels == [0, 1, 2, 4, 1])
        #expect(dataset.train.classCount == 5)
        #expect(dataset.imageShape == Dataset.ImageShape(width: 3, height: 2))
        _ = try folder.write([0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 2, 4], to: "t10k-labels-idx1-ubyte")
        #expect(throws: DatasetError(.mismatch, "", advice: "")) { try Dataset.load(path: folder.path) }
    }

    @Test("CSV files are read by name or by folder; classes are counted over both parts")
    func loadsCSV() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Array("1,2,0\n3,4,1\n".utf8), to: "train.csv")
        let alone = try Dataset.load(path: path)
        #expect(alone.train.classCount == 2)
        #expect(alone.name == "train")
        _ = try folder.write(Array("5,6,3\n".utf8), to: "test.csv")
        let dataset = try Dataset.load(path: folder.path)
        #expect(dataset.train.classCount == 4)
        #expect(Self.features(dataset.train) == [1, 2, 3, 4])
        #expect(try Self.features(#require(dataset.test)) == [5, 6])
        _ = try folder.write(Array("5,6,7,3\n".utf8), to: "test.csv")
        #expect(throws: DatasetError(.mismatch, "", advice: "")) { try Dataset.load(path: folder.path) }
    }

    @Test("A pair of .npy files is read; bytes are pixels")
    func loadsNPY() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Self.npy("|u1", "(2, 1, 2)", [0, 51, 255, 0]), to: "features.npy")
        _ = try folder.write(Self.npy("<i4", "(2, 1)", [3, 0, 0, 0, 1, 0, 0, 0]), to: "labels.npy")
        for dataset in [try Dataset.load(path: path), try Dataset.load(path: folder.path)] {
            #expect(Self.features(dataset.train) == [0, 0.2, 1, 0])
            #expect(dataset.train.labels == [3, 1])
            #expect(dataset.imageShape == Dataset.ImageShape(width: 2, height: 1))
        }
        _ = try folder.write(Self.npy("<i4", "(1,)", [0, 1, 0, 0]), to: "labels.npy")
        #expect(throws: DatasetError(.invalidCell, "", advice: "")) { try Dataset.load(path: path) }
        _ = try folder.write(Self.npy("|u1", "(3,)", [0, 1, 0]), to: "labels.npy")
        #expect(throws: DatasetError(.mismatch, "", advice: "")) { try Dataset.load(path: path) }
    }

    @Test("An archive with the names of Keras is read with its test part and natural keys")
    func loadsNPZ() throws {
        let folder = try TemporaryFolder()
        let bytes = [UInt8](try #require(Data(base64Encoded: Self.archive)))
        let path = try folder.write(bytes, to: "data.npz")
        for dataset in [try Dataset.load(path: path), try Dataset.load(path: folder.path)] {
            #expect(Self.features(dataset.train) == (0..<48).map { Float($0) / 255 })
            #expect(dataset.test?.labels == [2, 0])
            #expect(dataset.groups == [7, 7, 9])
            #expect(dataset.train.classCount == 3)
            #expect(dataset.imageShape == Dataset.ImageShape(width: 4, height: 4))
        }
    }

    /// `numpy.savez_compressed` of x_train = arange(48) as u1 (3, 4, 4), y_train = [0, 1, 2] as i8, x_test = 255 as u1
    /// (2, 4, 4), y_test = [2, 0] as i8, groups_train = [7, 7, 9] as i4 (NumPy 2.4).
    private static let archive = """
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

    @Test("Where nothing is recognised, the error says what was looked for")
    func explainsNothing() throws {
        let folder = try TemporaryFolder()
        let other = try folder.write([1, 2, 3], to: "data.bin")
        for path in [folder.path, other, folder.path + "/missing"] {
            #expect(throws: DatasetError(.notFound, "", advice: "")) { try Dataset.load(path: path) }
        }
        do {
            _ = try Dataset.load(path: folder.path)
        } catch {
            #expect(error.description.contains("train-images-idx3-ubyte"))
            #expect(error.description.contains(folder.path))
        }
        #expect(try Dataset.load(path: "digits").name == "digits")
    }

    @Test("Parts that do not fit together are refused")
    func checksParts() throws {
        let train = try Dataset.digits().train
        #expect(throws: DatasetError(.mismatch, "", advice: "")) {
            try Dataset(
                name: "x",
                train: train,
                test: nil,
                imageShape: .init(width: .max, height: 2),
                provenance: ""
            )
        }
        #expect(throws: DatasetError(.mismatch, "", advice: "")) {
            try Dataset(name: "x", train: train, test: nil, imageShape: nil, provenance: "", groups: [1])
        }
        #expect(throws: DatasetError(.truncated, "", advice: "")) {
            try Dataset(name: "x", train: train.selection(of: []), test: nil, imageShape: nil, provenance: "")
        }
    }
}
