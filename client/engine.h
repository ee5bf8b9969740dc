// Engine: what happens to a request between submit and its one answer. Chooses the node, resends, backs off,
// retries on BUSY, gives up in time. It never sends anything itself: it leaves actions to be carried out.
//
// When silence means what. A node that has requests of ours and says nothing for half of `resend_after` is asked
// for its status. No word at all within `resend_after`: its connection is given up (reset), it is left alone for
// a while, and its requests go elsewhere (or, pinned, again to it). It speaks but a request stays open: what is
// safe to repeat at no cost (keyed writes, status …) is repeated, less and less often; a read is being worked
// on, and is only repeated when the node has started anew since. A fetch is never repeated: it would skip a page.
// A node that is behind what a read has to see is passed over for a while; with no other, the read comes back to it.
//
// A master whose data was put back, by a person's word, has a shorter log than what was heard before: that is forgotten
// then, or every read and write of a client that lives long would be about a history that is gone.
//
// Of a write that was sent more than once, what a node says of one copy settles that copy alone, unless the master
// remembers it as the outcome: while a copy is unsettled, the write ends as OUTCOME_UNKNOWN.
//
// A keyed write says since when it has been under way (sent_since), by which the master knows a late copy from a new
// request. So it first goes out when a position has been heard lately; a node is asked for one when there is none.
// A request goes in one frame (proto/joined.h) where the node understands that: one that does not has executed nothing
// of it, and gets it, and all that come after it, in frames. An answer counts from when it was asked for: it may have
// lain unread for as long as nobody had anything to wait for.
//
// Pure: time comes in, no socket, no thread. Owned by one thread (the client's I/O thread); every `done` is
// called there, exactly once, never from inside submit().
// Why so: docs/decisions/0026-client-retries.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "client/endpoint_set.h"
#include "proto/message.h"

namespace sqlcast::client {

// Errors of the database that the master does not remember as the request's outcome: others' locks and limits, a KILL,
// a lack of room or of rights.
bool passes_by_itself(int database_errno);

// How a request ended: the node's message (result, error, status_reply …), or a status made here.
struct Outcome {
  Status status;
  std::optional<proto::Message> message;  // absent when no node answered; of a write an error may stand for it
  std::string endpoint;                   // that answered; of the last attempt otherwise
  std::chrono::microseconds round_trip{0};
};

enum class Repeat : std::uint8_t {
  freely,   // costs nothing twice: keyed writes, status, explain, log reads, cancels
  if_lost,  // a read: only when the node cannot be working on it any more
  never,    // fetch
};

struct Exchange {
  proto::Message message;
  Route route = Route::read;
  std::string pinned;  // endpoint; empty = chosen by route
  Repeat repeat = Repeat::freely;
  bool is_write = false;         // unanswered = outcome unknown
  bool after_own = false;        // a read whose `after` is what this client knows, not what its caller has said
  bool first_sent_here = true;   // false: the caller sends again what it had sent before, and knows since when
  bool retry_elsewhere = true;   // false: the first answer of any kind is the answer
  std::uint64_t request_id = 0;  // of the key, for cancel; 0 = none
  std::chrono::milliseconds timeout{30'000};
  std::function<void(Outcome)> done;  // empty: nobody waits (close)
};

class Engine {
 public:
  struct Settings {
    std::chrono::milliseconds resend_after{2'000};
    std::chrono::milliseconds grace{500};      // after a timeout, for the node's own word on it
    std::chrono::milliseconds discovery{250};  // how long first requests wait for a node to show itself
    std::chrono::milliseconds read_wait{500};  // how long a read waits at a node that is behind, where there are others
    std::uint64_t seed = 0;
    // On the engine's thread: the log ends at `end`, before what was known; that was another history's.
    std::function<void(Sequence end)> on_other_history;
  };
  struct Send {
    std::string endpoint;
    std::uint64_t exchange = 0;
    proto::Message message;
    bool joined = false;  // in one frame, when it is small
  };
  struct Reset {
    std::string endpoint;  // give the connection up, begin a new one
  };
  using Action = std::variant<Send, Reset>;

  Engine(const std::vector<std::string>& endpoints, Settings settings);

  void submit(Exchange exchange, TimePoint now);

  // Stops a request. `done` gets true when it has no effect, as far as the node knows that had it last, false when it
  // had ended already. A write's own outcome tells for certain.
  void cancel(const std::string& client_id, std::uint64_t request_id, std::function<void(Result<bool>)> done,
              TimePoint now);

  void received(const std::string& endpoint, std::uint64_t exchange, proto::Message message, TimePoint now);
  // Something came that cannot be decoded; exchange 0 when not even that is known.
  void received_garbage(const std::string& endpoint, std::uint64_t exchange, const Status& why, TimePoint now);
  // A Send could not be carried out; the message is not on its way.
  void not_sent(std::uint64_t exchange, const Status& why, TimePoint now);

  // The node at `endpoint` does not let this client in, or is not the one that is known here: what nobody else can
  // answer ends with `why`.
  void refused(const std::string& endpoint, const Status& why, TimePoint now);

  // The connection to `endpoint` is none: what went there goes again, there or elsewhere.
  void lost(const std::string& endpoint, TimePoint now) { give_up_on(endpoint, now); }

  // Does what is due. Call at next_tick() at the latest.
  void tick(TimePoint now);
  TimePoint next_tick() const;  // TimePoint::max() when nothing is to come

  std::vector<Action> take_actions();

  // Ends everything: with `status`, and what may have been carried out as outcome_unknown.
  void finish_all(const Status& status, TimePoint now);

  const EndpointSet& endpoints() const { return endpoints_; }
  std::size_t open_requests() const { return open_.size(); }
  bool awaits_words() const { return !probes_.empty(); }  // of nodes that were asked how they are

 private:
  struct Open {
    Exchange exchange;
    TimePoint submitted{};
    TimePoint deadline{};  // the caller's
    std::chrono::milliseconds grace{0};
    bool on_its_way = false;
    bool joined = false;   // the last attempt went in one frame
    TimePoint send_at{};   // waiting only
    std::string endpoint;  // of the last attempt
    TimePoint sent_at{};
    TimePoint check_at{};  // on its way only: time to wonder
    std::uint32_t attempts = 0;
    std::uint32_t pauses = 0;
    bool cancelled = false;
    bool unsettled = false;        // some attempt went out, and had no answer that says what came of it
    std::uint32_t copies = 0;      // that a node may execute: sent, and not answered with BUSY
    bool awaits_position = false;  // not sent: see awaits_position()
    TimePoint position_until{};    // a node has told where the log stands since this was submitted: good until then
    Status last_status;            // why the last attempt did not do
    Sequence seen = 0;             // highest position known before the first of the copies was sent
    bool began_anew = false;       // a read, without what another history had
  };
  struct Probe {
    std::uint64_t exchange = 0;
    TimePoint sent_at{};
    Sequence seen = 0;  // highest position known then
    TimePoint seen_at{};
  };
  using OpenMap = std::map<std::uint64_t, Open>;
  static constexpr std::chrono::milliseconds kBusyPause{20};

  void dispatch(std::uint64_t id, Open& open, TimePoint now);
  bool awaits_position(Open& open, const std::string& endpoint, TimePoint now);
  void check(std::uint64_t id, Open& open, TimePoint now);
  void give_up_on(const std::string& endpoint, TimePoint now);
  bool nobody_else(const Open& open, const std::string& endpoint) const;
  void probe(const std::string& endpoint, TimePoint now);
  void probe_silent(TimePoint now);
  TimePoint probe_due(const std::string& endpoint, TimePoint waiting_since) const;
  void discover(TimePoint now);
  void answer(OpenMap::iterator it, proto::Message message, TimePoint now);
  bool leaves_others(const Open& open, const proto::ErrorReply& error) const;
  bool is_masters_word(const std::string& endpoint, const std::string& node) const;
  static void say_since(const Open& open, proto::ErrorReply& error);
  bool try_again(OpenMap::iterator it, const proto::ErrorReply& error, TimePoint now);
  void pause(Open& open, const Status& why, std::chrono::milliseconds wait, TimePoint now);
  void complete(OpenMap::iterator it, Outcome outcome, TimePoint now);
  void expire(OpenMap::iterator it, TimePoint now);
  static bool may_have_run(const Open& open);
  static Outcome outcome_unknown(const Open& open, const std::string& why);
  static Outcome stopped_here(const Open& open);
  void note_history(const Probe* probe, const proto::Message& message);
  std::optional<TimePoint> asked_at(const Probe* probe, std::uint64_t exchange) const;
  void note_position(const proto::Message& message, std::optional<TimePoint> asked, TimePoint now);
  void learn(const std::string& endpoint, const proto::StatusReply& reply, TimePoint read_at, TimePoint now);

  const Settings settings_;
  EndpointSet endpoints_;
  OpenMap open_;
  std::map<std::string, Probe> probes_;  // unanswered, by endpoint
  std::uint64_t next_exchange_ = 1;
  TimePoint now_{};            // of the call in hand
  Sequence seen_ = 0;          // highest position that any node has told of
  TimePoint seen_at_{};        // when it was told first
  TimePoint seen_until_{};     // when it is too old to begin a write with
  TimePoint discovered_at_{};  // last time that every listed endpoint was asked
  TimePoint discovery_ends_{};
  std::set<std::string> in_frames_;           // nodes that understand nothing else
  std::map<std::string, Status> refusals_;    // by endpoint, since it was last heard
  std::map<std::string, std::string> names_;  // as nodes call themselves, by endpoint
  std::vector<Action> actions_;
};

}  // namespace sqlcast::client
