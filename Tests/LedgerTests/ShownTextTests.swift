import Foundation
import Ledger
import Testing

@Suite("Text from elsewhere as it is printed")
struct ShownTextTests {
    @Test("Control characters, ends of lines and marks that turn the writing are shown as escapes")
    func escapes() {
        #expect("a\u{1B}[2Jb\r\n\tc".shown() == #"a\u{1B}[2Jb\r\n\tc"#)
        #expect("x\u{202E}y\u{2066}z\u{200F}\u{061C}".shown() == #"x\u{202E}y\u{2066}z\u{200F}\u{61C}"#)
        #expect("\u{2028}\u{85}\u{7F}\u{0}".shown() == #"\u{2028}\u{85}\u{7F}\u{0}"#)
    }

    @Test("JSON keeps its value: the same scalars are written as JSON's own escapes")
    func json() throws {
        let text = "a\u{202E}b\u{85}c\u{E0001}d"
        let shown = "\"\(text)\"".shownJSON()
        #expect(shown == #""a\u202eb\u0085c\udb40\udc01d""#)
        #expect(try JSONDecoder().decode(String.self, from: Data(shown.utf8)) == text)
    }

    @Test("Other text stays as it is, cut where it is too long")
    func plain() {
        for text in ["", "north gate", "ünïcode 漢字 👩", "1\u{202F}234", #"C:\u{1B}"#] { #expect(text.shown() == text) }
        #expect("abcdef".shown(limit: 3) == "abc")
    }
}
