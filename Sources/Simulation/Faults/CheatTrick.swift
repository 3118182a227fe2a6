/// What a free rider tries.
enum CheatTrick: Int, CaseIterable {
    /// Contributes like the others.
    case none
    case garbageStatement, badSignature, othersName, offGrid, notFinite, nothingUploaded, wrongChunk
    case oldRound, comingRound, hugeSampleCount, wrongBase, wrongPrevious, replay, twoStatements

    static func draw(_ faults: FaultSource) -> CheatTrick {
        allCases[faults.index(below: allCases.count)]
    }
}
