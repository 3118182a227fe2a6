internal import CDigits
internal import Tensors

extension Dataset {
    /// The optical digits that are compiled in: 1,797 pictures of 8 × 8 pixels, ten classes, pixels scaled to 0…1 by
    /// 1/16; all in `train`.
    ///
    /// E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998.
    package static func digits() throws(DatasetError) -> Dataset {
        let pixelCount = Int(TRIBUTARY_DIGITS_ROW_LENGTH) - 1
        let count = tributary_digits_count()
        var rest = UnsafeRawBufferPointer(start: tributary_digits_rows(), count: count * (pixelCount + 1))[...]
        var pixels: [Float] = []
        var labels: [UInt8] = []
        pixels.reserveCapacity(count * pixelCount)
        labels.reserveCapacity(count)
        while !rest.isEmpty {
            pixels.append(contentsOf: rest.prefix(pixelCount).map { Float($0 - UInt8(ascii: "A")) / 16 })
            labels.append(rest[rest.startIndex + pixelCount] - UInt8(ascii: "0"))
            rest = rest.dropFirst(pixelCount + 1)
        }
        let train = try examples(
            ParameterBuffer(pixels),
            labels,
            featureCount: pixelCount,
            classCount: 10,
            file: "digits"
        )
        return try Dataset(
            name: "digits",
            train: train,
            test: nil,
            imageShape: ImageShape(width: 8, height: 8),
            provenance: "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI 1998, CC BY 4.0"
        )
    }
}
