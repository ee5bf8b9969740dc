// Goal: an external database is reached by TLS where that is asked for, never in clear, and with `verify` never another
// server than the one whose certificate is of the authority and names the host. Method: servers of the test's own, with
// certificates that openssl makes.
#include <fstream>

#include "storage/connection.h"
#include "tests/support/cluster.h"
#include "tests/support/external_server.h"
#include "tests/support/ports.h"
#include "tests/support/run_program.h"

using namespace sqlcast;
using namespace sqlcast::support;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

void must(const std::vector<std::string>& command) {
  const Run run = run_program(command);
  INFO(run.output);
  REQUIRE(run.exit_code == 0);
}

// Authorities and what they sign, as PEM files.
class Certificates {
 public:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string authority(const std::string& name) const {
    must({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout",
          path(name + ".key"), "-out", path(name + ".pem")});
    return path(name + ".pem");
  }
  // For a server of this name, or a client: NAME.pem and NAME.key.
  void sign(const std::string& authority, const std::string& name, const std::string& alternative) const {
    std::ofstream(path(name + ".ext")) << "subjectAltName=" << alternative << "\n";
    must({"openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + name, "-keyout", path(name + ".key"),
          "-out", path(name + ".csr")});
    must({"openssl", "x509", "-req", "-in", path(name + ".csr"), "-days", "2", "-CA", path(authority + ".pem"),
          "-CAkey", path(authority + ".key"), "-CAcreateserial", "-extfile", path(name + ".ext"), "-out",
          path(name + ".pem")});
  }

 private:
  TemporaryFolder folder_;
};

std::vector<std::string> listening(std::uint16_t port, std::vector<std::string> more) {
  std::vector<std::string> arguments = {"--skip-networking=0", "--bind-address=127.0.0.1",
                                        "--port=" + std::to_string(port)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::vector<std::string> with_certificate(const Certificates& files, const std::string& name,
                                          const std::string& authority) {
  return {"--ssl-cert=" + files.path(name + ".pem"), "--ssl-key=" + files.path(name + ".key"),
          "--ssl-ca=" + files.path(authority + ".pem")};
}

void make_account(const ExternalServer& server, const std::string& user, const std::string& requires_what) {
  for (const std::string& sql : {"CREATE USER '" + user + "'@'127.0.0.1' IDENTIFIED BY 'secret' " + requires_what,
                                 "GRANT ALL ON *.* TO '" + user + "'@'127.0.0.1' WITH GRANT OPTION"})
    (void)server.ask(sql);
}

Status try_it(std::uint16_t port, const storage::Tls& tls, const std::string& user = "app") {
  storage::Address address;
  address.host = "127.0.0.1";
  address.port = port;
  address.tls = tls;
  const auto connection = storage::Connection::open(address, {user, "secret"});
  if (!connection) return connection.status();
  const auto cipher = (*connection)->rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
  REQUIRE(cipher.ok());
  CHECK(cipher->front()[1].value_or("").empty() != tls.on);
  return ok_status();
}

storage::Tls verified_by(const std::string& authority) { return {true, true, authority, "", ""}; }

}  // namespace

TEST_CASE("tls: a database is verified by its authority and its name, and reached in no other way", "[tls]") {
  const Certificates files;
  const std::string authority = files.authority("authority");
  const std::string other = files.authority("other");
  files.sign("authority", "server", "IP:127.0.0.1");
  files.sign("authority", "client", "DNS:client");
  const std::uint16_t port = free_port();
  const ExternalServer server(listening(port, with_certificate(files, "server", "authority")));
  make_account(server, "app", "REQUIRE SSL");
  make_account(server, "known", "REQUIRE X509");

  CHECK(show(try_it(port, verified_by(authority))) == "OK");
  const Status wrong = try_it(port, verified_by(other));
  CHECK(wrong.code == Code::database_unavailable);
  CHECK_THAT(wrong.message, Contains("has to be of " + other) && Contains("to name 127.0.0.1"));
  CHECK(try_it(port, verified_by(files.path("nothing.pem"))).code == Code::database_unavailable);
  CHECK(show(try_it(port, {true, false, "", "", ""})) == "OK");
  CHECK_FALSE(try_it(port, {}).ok());  // the account's own word
  // Who has to show a certificate of his own.
  CHECK_FALSE(try_it(port, verified_by(authority), "known").ok());
  CHECK(show(try_it(port, {true, true, authority, files.path("client.pem"), files.path("client.key")}, "known")) ==
        "OK");
}

TEST_CASE("tls: another host's certificate is refused, and so is a server without TLS", "[tls]") {
  const Certificates files;
  const std::string authority = files.authority("authority");
  files.sign("authority", "elsewhere", "DNS:db.elsewhere");
  {
    const std::uint16_t port = free_port();
    const ExternalServer server(listening(port, with_certificate(files, "elsewhere", "authority")));
    make_account(server, "app", "");
    CHECK(try_it(port, verified_by(authority)).code == Code::database_unavailable);
    CHECK(show(try_it(port, {true, false, "", "", ""})) == "OK");
  }
  const std::uint16_t port = free_port();
  const ExternalServer server(listening(port, {"--skip-ssl"}));
  make_account(server, "app", "");
  CHECK(show(try_it(port, {})) == "OK");
  for (const bool verify : {true, false}) {
    const Status status = try_it(port, {true, verify, verify ? authority : "", "", ""});
    INFO(show(status));
    CHECK(status.code == Code::database_unavailable);
  }
}

TEST_CASE("tls: a node works on a database by TLS, and waits, saying why, before one that it cannot verify", "[tls]") {
  const Certificates files;
  (void)files.authority("authority");
  (void)files.authority("other");
  files.sign("authority", "server", "IP:127.0.0.1");
  const std::uint16_t port = free_port();
  const ExternalServer server(listening(port, with_certificate(files, "server", "authority")));
  make_account(server, "app", "REQUIRE SSL");
  const auto cluster_with = [&](const std::string& authority) {
    Cluster::Options options;
    options.slaves = 0;
    options.start = false;
    options.master_settings = "database:\n  mode: external\n  host: 127.0.0.1\n  port: " + std::to_string(port) +
                              "\n  user: app\n  password: secret\n  tls: verify\n  tls_ca: " + files.path(authority) +
                              "\n";
    return std::make_unique<Cluster>(options);
  };
  {
    const auto wrong = cluster_with("other.pem");
    wrong->master().start();
    wait_for("the node to say why it waits", [&] {
      return wrong->master().log_end().find("its certificate has to be of " + files.path("other.pem")) !=
             std::string::npos;
    });
    CHECK(wrong->master().status()->state == "Starting");
    wrong->master().kill();
  }
  const auto cluster = cluster_with("authority.pem");
  cluster->master().start();
  cluster->master().wait_until_answering();
  cluster->must("CREATE DATABASE t");
  cluster->must("CREATE TABLE t.t (id INT PRIMARY KEY)");
  cluster->must("INSERT INTO t.t VALUES (1),(2)");
  CHECK(cluster->must("SELECT COUNT(*) FROM t.t").text() == "2");
  // All of the node's connections.
  CHECK(server.ask("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE HOST LIKE '127.0.0.1%'") != "0");
  CHECK(cluster->master().stop());
}
