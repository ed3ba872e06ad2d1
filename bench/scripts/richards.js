// A scheduler of tasks that pass packets to each other: classes, methods, polymorphic calls.
class Packet {
  constructor(link, id, kind) {
    this.link = link;
    this.id = id;
    this.kind = kind;
    this.datum = 0;
    this.data = [0, 0, 0, 0];
  }
}

class Task {
  constructor(id, priority, scheduler) {
    this.id = id;
    this.priority = priority;
    this.scheduler = scheduler;
    this.queue = null;
    this.held = false;
  }
  accept(packet) {
    packet.link = this.queue;
    this.queue = packet;
  }
  take() {
    const packet = this.queue;
    if (packet !== null) this.queue = packet.link;
    return packet;
  }
}

class IdleTask extends Task {
  seed = 1;
  run() {
    this.seed = this.seed & 1 ? (this.seed >> 1) ^ 0xd008 : this.seed >> 1;
    this.scheduler.release(this.seed & 1 ? 4 : 5);
  }
}

class WorkerTask extends Task {
  letter = 0;
  run() {
    const packet = this.take();
    if (packet === null) return;
    packet.id = packet.kind === 0 ? 2 : 3;
    for (let i = 0; i < 4; i++) {
      this.letter = (this.letter + 1) % 26;
      packet.data[i] = 65 + this.letter;
    }
    this.scheduler.send(packet);
  }
}

class HandlerTask extends Task {
  run() {
    const packet = this.take();
    if (packet === null) return;
    packet.datum = packet.data.reduce((sum, value) => sum + value, packet.datum) % 9973;
    packet.id = packet.kind === 0 ? 4 : 5;
    this.scheduler.send(packet);
  }
}

class DeviceTask extends Task {
  run() {
    const packet = this.take();
    if (packet === null) return;
    packet.id = 1;
    this.held = true;
    this.scheduler.send(packet);
  }
}

class Scheduler {
  tasks = new Map();
  sent = 0;
  add(task) {
    this.tasks.set(task.id, task);
  }
  send(packet) {
    this.sent++;
    this.tasks.get(packet.id).accept(packet);
  }
  release(id) {
    this.tasks.get(id).held = false;
  }
  round() {
    for (const task of this.tasks.values()) if (!task.held) task.run();
  }
}

const scheduler = new Scheduler();
scheduler.add(new IdleTask(0, 0, scheduler));
scheduler.add(new WorkerTask(1, 1000, scheduler));
scheduler.add(new HandlerTask(2, 2000, scheduler));
scheduler.add(new HandlerTask(3, 3000, scheduler));
scheduler.add(new DeviceTask(4, 4000, scheduler));
scheduler.add(new DeviceTask(5, 5000, scheduler));
for (let i = 0; i < 10; i++) scheduler.send(new Packet(null, 1, i % 2));
for (let i = 0; i < 8000; i++) scheduler.round();
let total = scheduler.sent;
for (const task of scheduler.tasks.values()) for (let p = task.queue; p !== null; p = p.link) total += p.datum;
globalThis.result = total;
