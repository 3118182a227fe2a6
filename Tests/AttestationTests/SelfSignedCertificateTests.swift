import Attestation
import Foundation
import TestSupport
import Testing

@Suite("Certificates")
struct SelfSignedCertificateTests {
    @Test("The fingerprint is what openssl says it is, and the names are in it")
    func fingerprint() throws {
        let folder = try TemporaryFolder()
        let made = try SelfSignedCertificate.make(
            names: ["fl.example.org", "127.0.0.1", "::1"], validFrom: 1_790_000_000)
        let read = try ServerCertificate(certificate: made.certificate, privateKey: made.privateKey)
        let path = try folder.write(made.certificate, to: "certificate.pem")
        let said = try openssl([
            "x509", "-in", path, "-noout", "-fingerprint", "-sha256", "-ext", "subjectAltName,basicConstraints",
        ])
        let hex = said.split(separator: "\n").first?.split(separator: "=").last?.filter { $0 != ":" }.lowercased()
        #expect(hex == read.fingerprint.hex)
        #expect(said.contains("DNS:fl.example.org, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"))
        #expect(said.contains("CA:FALSE"))
        #expect(read.validFrom == 1_790_000_000 && read.validUntil == 1_790_000_000 + 3_650 * 86_400)
    }

    private func openssl(_ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    @Test(
        "Names that are none are refused",
        arguments: [[], [""], ["a b"], ["x,DNS:evil"], ["x\n"], [String(repeating: "a", count: 300)]])
    func names(_ names: [String]) {
        #expect(throws: AttestationError(.invalidCertificate, "")) {
            try SelfSignedCertificate.make(names: names, validFrom: 0)
        }
    }

    @Test("A key that is another's, encrypted or no key at all is refused")
    func keys() throws {
        let one = try SelfSignedCertificate.make(names: ["a"], validFrom: 0)
        let two = try SelfSignedCertificate.make(names: ["a"], validFrom: 0)
        let encrypted = Array(
            """
            -----BEGIN ENCRYPTED PRIVATE KEY-----
            MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgfFbJ3YQ3m9QICCAAw
            DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEBvvSOoWoVXdKf5vlN2ObcoEQF6c
            -----END ENCRYPTED PRIVATE KEY-----

            """.utf8)
        for key in [two.privateKey, encrypted, Array("nonsense".utf8), []] {
            #expect(throws: AttestationError(.invalidCertificateKey, "")) {
                try ServerCertificate(certificate: one.certificate, privateKey: key)
            }
        }
        #expect(throws: AttestationError(.invalidCertificate, "")) {
            try ServerCertificate(certificate: Array("nonsense".utf8), privateKey: one.privateKey)
        }
    }

    @Test("Certificates cut or changed anywhere are refused or read, and nothing else")
    func mutated() throws {
        let made = try SelfSignedCertificate.make(names: ["a"], validFrom: 0)
        for index in stride(from: 0, to: made.certificate.count, by: 3) {
            var changed = made.certificate
            changed[index] ^= 0x15
            _ = try? ServerCertificate(certificate: changed, privateKey: made.privateKey)
            _ = try? ServerCertificate(certificate: Array(made.certificate[..<index]), privateKey: made.privateKey)
        }
    }
}
