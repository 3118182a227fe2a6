package import Tensors

/// The ten digits of a coarse font: what anybody could train on instead of data of their own.
package enum PublicDigits {
    static let width = 8
    /// Pixels of a picture.
    package static let featureCount = width * width
    /// One for each digit.
    package static let classCount = 10

    /// Eight rows of eight pixels each, `#` for ink.
    static let glyphs = [
        "...##... ..####.. ..#..#.. .##..#.. .#...##. .##..#.. ..####.. ...##...",
        "....#... ...##... ..###... ...##... ...##... ...##... ...##... ..####..",
        "..###... .##.##.. .....#.. ....##.. ....#... ...##... ..####.. ..#####.",
        "..####.. ..#..##. .....#.. ...###.. ....##.. .....##. ..#..##. ..####..",
        "....#... ...##... ...#.... ..##.#.. .##.##.. .######. ....##.. ....#...",
        "..#####. ..#..... ..###... ..####.. .....#.. .....#.. ..#.##.. ..###...",
        "...#.... ..##.... ..#..... .##.#... .######. .##..##. ..##.##. ...###..",
        "..#####. ..#####. .....#.. ....##.. ..####.. ...##... ...#.... ..##....",
        "...###.. ..##.##. ..##.#.. ...###.. ...##... ..####.. ..#.##.. ...##...",
        "...###.. ..##.##. ..#..##. ..#####. ....###. .....#.. ....##.. ..###...",
    ]

    /// Glyphs in turn, each moved sideways by up to a pixel and with noise on every pixel, in [0, 1].
    package static func examples(
        count: Int, noise: Double, using generator: inout SeededGenerator
    ) throws(TensorError) -> LabelledExamples {
        var features = [Float](repeating: 0, count: count * featureCount)
        for picture in 0..<count {
            let rows = glyphs[picture % classCount].split(separator: " ").map(Array.init)
            let right = generator.nextIndex(below: 3) - 1
            for row in 0..<width {
                for column in 0..<width {
                    let place = column - right
                    let isInked = rows[row].indices.contains(place) && rows[row][place] == "#"
                    let value = (isInked ? 0.9 : 0.05) + noise * generator.nextNormal()
                    features[picture * featureCount + row * width + column] = Float(min(max(value, 0), 1))
                }
            }
        }
        return try LabelledExamples(
            features: ParameterBuffer(features), labels: (0..<count).map { UInt8($0 % classCount) },
            featureCount: featureCount, classCount: classCount)
    }
}
