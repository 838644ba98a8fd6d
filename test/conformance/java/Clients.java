import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What Java's clients see of a broker: a scenario a run, told in lines. Arguments: scenario, bootstrap servers, topic, more. */
public final class Clients {
  static final long FIRST_TIMESTAMP = 1_700_000_000_000L;
  static final Duration POLL = Duration.ofMillis(50);
  static final long PATIENCE_MS = 40_000;

  private final String servers;
  private final String topic;

  private Clients(String servers, String topic) {
    this.servers = servers;
    this.topic = topic;
  }

  public static void main(String[] args) throws Exception {
    Clients clients = new Clients(args[1], args[2]);
    switch (args[0]) {
      case "write" -> clients.write(args[3], Integer.parseInt(args[4]));
      case "read" -> clients.read(Integer.parseInt(args[3]));
      case "seek" -> clients.seek(args[3]);
      case "refusals" -> clients.refusals();
      case "cooperative" -> clients.cooperative(args[3]);
      case "static" -> clients.staticMember(args[3], args[4]);
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** Ten records for each codec, idempotently: values with the codec's name, of some size, the last one null. */
  private void write(String codecs, int size) throws Exception {
    for (String codec : codecs.split(",")) {
      Map<String, Object> config = Map.of("compression.type", codec, "linger.ms", 50, "max.request.size", 8_388_608);
      try (KafkaProducer<String, String> producer = producer(config)) {
        for (int index = 0; index < 10; index++) {
          String value = index == 9 ? null : codec + " " + index + " " + "x".repeat(size);
          ProducerRecord<String, String> sent = new ProducerRecord<>(topic, 0, FIRST_TIMESTAMP + index, codec, value);
          sent.headers().add(new RecordHeader("type", codec.getBytes(StandardCharsets.UTF_8)));
          sent.headers().add(new RecordHeader("none", null));
          producer.send(sent);
        }
      }
    }
  }

  /** A line a record, of all partitions from the start: offset, timestamp, key, value's first two words and length, headers. */
  private void read(int count) {
    try (KafkaConsumer<String, String> consumer = consumer(Map.of("isolation.level", "read_committed"))) {
      List<TopicPartition> all = consumer.partitionsFor(topic).stream()
          .map(each -> new TopicPartition(topic, each.partition()))
          .toList();
      consumer.assign(all);
      consumer.seekToBeginning(all);
      int[] left = {count};
      until("the records", () -> {
        for (ConsumerRecord<String, String> each : consumer.poll(POLL)) {
          System.out.println(shown(each));
          left[0]--;
        }
        return left[0] <= 0;
      });
    }
  }

  /** Places in a topic of ten records, one a millisecond. */
  private void seek(String group) {
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaConsumer<String, String> consumer = consumer(Map.of("group.id", group, "auto.offset.reset", "none"))) {
      consumer.assign(List.of(partition));
      System.out.println("beginning " + consumer.beginningOffsets(List.of(partition)).get(partition));
      System.out.println("end " + consumer.endOffsets(List.of(partition)).get(partition));
      for (long after : new long[] {0, 4, 9, 10}) {
        System.out.println("time " + after + " " + consumer.offsetsForTimes(Map.of(partition, FIRST_TIMESTAMP + after)).get(partition));
      }
      consumer.seek(partition, 7);
      System.out.println("at 7 " + first(consumer).offset());
      consumer.seekToEnd(List.of(partition));
      System.out.println("position at the end " + consumer.position(partition));
      consumer.commitSync(Map.of(partition, new OffsetAndMetadata(3, "note")));
      OffsetAndMetadata committed = consumer.committed(Set.of(partition)).get(partition);
      System.out.println("committed " + committed.offset() + " " + committed.metadata());
      consumer.seek(partition, 99);
      System.out.println("at 99 " + refusal(() -> first(consumer)));
    }
  }

  /** What a producer and a consumer are told of what cannot be. */
  private void refusals() throws Exception {
    try (KafkaProducer<String, String> producer = producer(Map.of("max.request.size", 8_388_608, "max.block.ms", 1_000))) {
      System.out.println("too large " + refusal(() -> sent(producer, topic, "x".repeat(2_000_000))));
      System.out.println("not there " + refusal(() -> sent(producer, topic + "-none", "x")));
      System.out.println("no name " + refusal(() -> sent(producer, "no name", "x")));
      System.out.println("afterwards " + refusal(() -> sent(producer, topic, "x")));
    }
  }

  /** A second member joins one that has four partitions: what the first gives up, and what it never lets go of. */
  private void cooperative(String group) {
    Map<String, Object> config = Map.of("group.id", group, "auto.offset.reset", "earliest", "session.timeout.ms", 10_000,
        "heartbeat.interval.ms", 200,
        "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
    try (Member left = new Member(config); Member right = new Member(config)) {
      until("one member has all", () -> left.poll() == 4);
      left.revoked.clear();
      until("they have two each", () -> left.poll() == 2 & right.poll() == 2);
      System.out.println("gave up " + left.revoked.size() + " kept " + left.consumer.assignment().size());
      right.consumer.unsubscribe();
      until("the one that stays has all", () -> left.poll() == 4);
    }
  }

  /** A member with an instance id goes and comes back: it has what it had, and the other noticed nothing. */
  private void staticMember(String group, String protocol) {
    Map<String, Object> config = new HashMap<>(Map.of("group.id", group, "group.protocol", protocol));
    if (protocol.equals("classic")) config.putAll(Map.of("session.timeout.ms", 20_000, "heartbeat.interval.ms", 200));
    Map<String, Object> named = new HashMap<>(config);
    named.put("group.instance.id", "one");
    try (Member staying = new Member(config)) {
      Set<TopicPartition> before;
      try (Member leaving = new Member(named)) {
        until("they have two each", () -> staying.poll() == 2 & leaving.poll() == 2);
        before = Set.copyOf(leaving.consumer.assignment());
      }
      staying.revoked.clear();
      try (Member back = new Member(named)) {
        until("it has two again", () -> staying.poll() == 2 & back.poll() == 2);
        System.out.println("same " + before.equals(back.consumer.assignment()) + " others gave up " + staying.revoked.size());
      }
    }
  }

  private final class Member implements AutoCloseable, ConsumerRebalanceListener {
    final KafkaConsumer<String, String> consumer;
    final Set<String> revoked = new TreeSet<>();

    Member(Map<String, Object> config) {
      consumer = consumer(config);
      consumer.subscribe(List.of(topic), this);
    }

    int poll() {
      consumer.poll(POLL);
      return consumer.assignment().size();
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      revoked.addAll(partitions.stream().map(TopicPartition::toString).toList());
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}

    @Override
    public void close() {
      consumer.close();
    }
  }

  private KafkaProducer<String, String> producer(Map<String, Object> config) {
    Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", servers, "acks", "all"));
    all.putAll(config);
    return new KafkaProducer<>(all, new StringSerializer(), new StringSerializer());
  }

  private KafkaConsumer<String, String> consumer(Map<String, Object> config) {
    Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", servers, "enable.auto.commit", false));
    all.putAll(config);
    return new KafkaConsumer<>(all, new StringDeserializer(), new StringDeserializer());
  }

  private static ConsumerRecord<String, String> first(KafkaConsumer<String, String> consumer) {
    long endMs = System.currentTimeMillis() + PATIENCE_MS;
    while (System.currentTimeMillis() < endMs) {
      for (ConsumerRecord<String, String> each : consumer.poll(POLL)) return each;
    }
    throw new IllegalStateException("no record");
  }

  private static Object sent(KafkaProducer<String, String> producer, String topic, String value) throws Exception {
    try {
      return producer.send(new ProducerRecord<>(topic, value)).get();
    } catch (ExecutionException failure) {
      throw (Exception) failure.getCause();
    }
  }

  private interface Attempt {
    Object run() throws Exception;
  }

  private static String refusal(Attempt attempt) {
    try {
      attempt.run();
      return "fine";
    } catch (Exception failure) {
      return failure.getClass().getSimpleName();
    }
  }

  private static String shown(ConsumerRecord<String, String> each) {
    String[] words = each.value() == null ? new String[] {"null", "", ""} : each.value().split(" ", 3);
    String headers = List.of(each.headers().toArray()).stream()
        .map(header -> header.key() + "=" + (header.value() == null ? "null" : new String(header.value(), StandardCharsets.UTF_8)))
        .collect(Collectors.joining(","));
    return String.join("|", Long.toString(each.offset()), Long.toString(each.timestamp()), each.key(), words[0], words[1],
        Integer.toString(words[2].length()), headers);
  }

  private static void until(String what, BooleanSupplier condition) {
    long endMs = System.currentTimeMillis() + PATIENCE_MS;
    while (!condition.getAsBoolean()) {
      if (System.currentTimeMillis() > endMs) throw new IllegalStateException("not in time: " + what);
    }
  }
}
