internal import CLinux

/// How many pools the C library takes memory from.
package enum MemoryArenas {
    /// Keeps the C library to a few pools for all threads.
    ///
    /// It would give every thread one of its own, up to eight a processor, and what one pool has free no other one
    /// uses: with large models that is a tenth of a model. To be called before there are threads.
    package static func keepFew() { _ = mallopt(tributary_arena_max, CoordinatorServerLimits.memoryArenaCount) }
}
