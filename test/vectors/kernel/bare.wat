;; A guest that does what a test tells it: every function of the guest ABI as an export, and a mode for messages.
;; Layout of memory: 0 inbox bytes (32 KiB), 32768 inbox capabilities, 49152 record of deliveries: count, then 16 bytes each.
(module
  (import "caper" "call" (func $call (param i32 i32 i32 i32 i32) (result i32)))
  (import "caper" "send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
  (import "caper" "wait" (func $wait (param i32) (result i32)))
  (import "caper" "listen" (func $listen (param i32) (result i32)))
  (import "caper" "answer" (func $answer (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "caper" "size" (func $size (result i64)))
  (import "caper" "read" (func $read (param i32 i32) (result i32)))
  (import "caper" "drop" (func $drop (param i32) (result i32)))
  (import "caper" "find" (func $find (param i32 i32) (result i32)))
  (import "caper" "log" (func $log (param i32 i32) (result i32)))
  (import "caper" "load" (func $load (param i32 i32) (result i32)))
  (import "caper" "spawn" (func $spawn (param i32 i64 i32 i32 i32) (result i32)))
  (import "caper" "invoke" (func $invoke (param i32 i32 i32 i32 i32) (result i32)))
  (import "caper" "refill" (func $refill (param i32 i64 i32) (result i32)))
  (import "caper" "resume" (func $resume (param i32 i32) (result i32)))
  (import "caper" "freeze" (func $freeze (param i32) (result i32)))
  (import "caper" "meter" (func $meter (param i32 i32) (result i32)))
  (import "caper" "inspect" (func $inspect (param i32) (result i32)))
  (import "caper" "peek" (func $peek (param i32 i32 i32 i32) (result i32)))

  (memory (export "memory") 1 32)
  (global $mode (mut i32) (i32.const 0))
  ;; Counts what the guest has done, so that a test sees it in the image too.
  (global $turns (export "turns") (mut i32) (i32.const 0))

  (func (export "call") (param i32 i32 i32 i32 i32) (result i32)
    (call $call (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
  (func (export "send") (param i32 i32 i32 i32 i32) (result i32)
    (call $send (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
  (func (export "wait") (param i32) (result i32) (call $wait (local.get 0)))
  (func (export "listen") (param i32) (result i32) (call $listen (local.get 0)))
  (func (export "answer") (param i32 i32 i32 i32 i32 i32) (result i32)
    (call $answer (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)))
  (func (export "size") (result i64) (call $size))
  (func (export "read") (param i32 i32) (result i32) (call $read (local.get 0) (local.get 1)))
  (func (export "drop") (param i32) (result i32) (call $drop (local.get 0)))
  (func (export "find") (param i32 i32) (result i32) (call $find (local.get 0) (local.get 1)))
  (func (export "log") (param i32 i32) (result i32) (call $log (local.get 0) (local.get 1)))
  (func (export "load") (param i32 i32) (result i32) (call $load (local.get 0) (local.get 1)))
  (func (export "spawn") (param i32 i64 i32 i32 i32) (result i32)
    (call $spawn (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
  (func (export "invoke") (param i32 i32 i32 i32 i32) (result i32)
    (call $invoke (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
  (func (export "refill") (param i32 i64 i32) (result i32) (call $refill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "resume") (param i32 i32) (result i32) (call $resume (local.get 0) (local.get 1)))
  (func (export "freeze") (param i32) (result i32) (call $freeze (local.get 0)))
  (func (export "meter") (param i32 i32) (result i32) (call $meter (local.get 0) (local.get 1)))
  (func (export "inspect") (param i32) (result i32) (call $inspect (local.get 0)))
  (func (export "peek") (param i32 i32 i32 i32) (result i32)
    (call $peek (local.get 0) (local.get 1) (local.get 2) (local.get 3)))

  ;; 0 records messages, 1 echoes them, 2 calls capability 0 of the message with its bytes and passes the answer on,
  ;; 3 traps, 4 runs for ever, 5 answers "rejected".
  (func (export "set_mode") (param i32) (global.set $mode (local.get 0)))

  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "half") (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.5)))
  (func (export "trap") (unreachable))
  (func $spin (export "spin") (loop $again (br $again)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))

  ;; n rounds of a loop that costs the same each time.
  (func $work (export "work") (param $n i32) (result i64)
    (local $sum i64)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31)) (i64.extend_i32_u (local.get $n))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))
    (local.get $sum))

  (func $deep (export "deep") (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get $n) (i32.const 1)))))
      (else (i32.const 0))))

  ;; work(n) in a sandbox nested so many deep: each spawns the next with all but a little of its gas and waits for it.
  (func $nest (export "nest") (param $depth i32) (param $n i32) (result i64)
    (local $child i32) (local $promise i32) (local $status i32)
    (if (i32.eqz (local.get $depth)) (then (return (call $work (local.get $n)))))
    (drop (call $meter (i32.const 0) (i32.const 0)))
    (local.set $child
      (call $spawn (i32.const 0)
        (i64.sub (i64.load (i32.const 0)) (i64.const 100000))
        (i32.sub (i32.wrap_i64 (i64.load (i32.const 16))) (i32.const 1))
        (i32.const 0) (i32.const 0)))
    (if (i32.lt_s (local.get $child) (i32.const 0)) (then (return (i64.extend_i32_s (local.get $child)))))
    (i64.store (i32.const 0) (i64.extend_i32_u (i32.sub (local.get $depth) (i32.const 1))))
    (i64.store (i32.const 8) (i64.extend_i32_u (local.get $n)))
    (i32.store (i32.const 16) (i32.const 0x7473656e)) ;; "nest"
    (local.set $promise
      (call $invoke (local.get $child) (i32.const 16) (i32.const 4) (i32.const 0) (i32.const 2)))
    (local.set $status (call $wait (local.get $promise)))
    (if (local.get $status) (then (return (i64.sub (i64.const -1000) (i64.extend_i32_s (local.get $status))))))
    (drop (call $read (i32.const 0) (i32.const 8)))
    (drop (call $drop (local.get $child)))
    (i64.load (i32.const 0)))

  (func $record (param i32 i32 i32 i32)
    (local $at i32)
    (local.set $at (i32.add (i32.const 49156) (i32.shl (i32.load (i32.const 49152)) (i32.const 4))))
    (i32.store (local.get $at) (local.get 0))
    (i32.store offset=4 (local.get $at) (local.get 1))
    (i32.store offset=8 (local.get $at) (local.get 2))
    (i32.store offset=12 (local.get $at) (local.get 3))
    (i32.store (i32.const 49152) (i32.add (i32.load (i32.const 49152)) (i32.const 1))))

  (func (export "caper_deliver") (param $target i32) (param $resolver i32) (param $bytes i32) (param $caps i32)
    (local $status i32) (local $size i64)
    (global.set $turns (i32.add (global.get $turns) (i32.const 1)))
    (if (i32.eqz (global.get $mode))
      (then (call $record (local.get $target) (local.get $resolver) (local.get $bytes) (local.get $caps)) (return)))
    (if (i32.eq (global.get $mode) (i32.const 3)) (then (unreachable)))
    (if (i32.eq (global.get $mode) (i32.const 4)) (then (call $spin)))
    (drop (call $read (i32.const 0) (i32.const 32768)))
    (if (i32.eq (global.get $mode) (i32.const 2))
      (then
        (local.set $status
          (call $call (i32.load (i32.const 32768)) (i32.const 0) (local.get $bytes)
            (i32.const 32772) (i32.sub (local.get $caps) (i32.const 1))))
        (local.set $size (call $size))
        (local.set $bytes (i32.wrap_i64 (local.get $size)))
        (local.set $caps (i32.wrap_i64 (i64.shr_u (local.get $size) (i64.const 32))))
        (drop (call $read (i32.const 0) (i32.const 32768)))
        (local.set $status (i32.ne (local.get $status) (i32.const 0)))))
    (if (i32.eq (global.get $mode) (i32.const 5)) (then (local.set $status (i32.const 1))))
    (drop
      (call $answer (local.get $resolver) (local.get $status) (i32.const 0) (local.get $bytes)
        (i32.const 32768) (local.get $caps))))

  ;; Recorded with 100 added to the status, so that a test can tell it from a message.
  (func (export "caper_settle") (param $position i32) (param $status i32) (param $bytes i32) (param $caps i32)
    (global.set $turns (i32.add (global.get $turns) (i32.const 1)))
    (call $record (local.get $position) (i32.add (i32.const 100) (local.get $status)) (local.get $bytes) (local.get $caps))))
