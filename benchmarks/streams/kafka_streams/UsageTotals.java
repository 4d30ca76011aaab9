import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The job on Kafka Streams: {@code UsageTotals BOOTSTRAP INPUT OUTPUT FOLDER KIND}, exactly once, its store in memory.
 *
 * <p>KIND is {@code defaults}, with which Kafka Streams comes, the record cache before the store among them, or
 * {@code tuned}. It is written with the processor API, because an aggregation of the DSL behind that cache leaves out
 * outputs: here each event has one.
 */
public final class UsageTotals {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectReader READER = JSON.readerFor(Usage.class);
    private static final ObjectWriter WRITER = JSON.writerFor(Total.class);

    @JsonIgnoreProperties(ignoreUnknown = true)
    public static final class Usage {
        public long octets;
    }

    public static final class Total {
        public final long events;
        public final long octets;

        Total(long events, long octets) {
            this.events = events;
            this.octets = octets;
        }
    }

    /** The sum of one key; it sends what it has become after every event. */
    private static final class Sum implements Processor<String, Usage, String, Total> {
        private ProcessorContext<String, Total> context;
        private KeyValueStore<String, Total> totals;

        @Override
        public void init(ProcessorContext<String, Total> context) {
            this.context = context;
            this.totals = context.getStateStore("totals");
        }

        @Override
        public void process(Record<String, Usage> record) {
            Total before = totals.get(record.key());
            Total after = before == null
                ? new Total(1, record.value().octets)
                : new Total(before.events + 1, before.octets + record.value().octets);
            totals.put(record.key(), after);
            context.forward(record.withValue(after));
        }
    }

    public static void main(String[] arguments) {
        String bootstrap = arguments[0], input = arguments[1], output = arguments[2], folder = arguments[3];
        boolean tuned = arguments[4].equals("tuned");
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, output);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, folder);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        if (tuned) {
            settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
            settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5_000);
            settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 << 20);
            settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 << 10);
        }
        var store = Stores.keyValueStoreBuilder(
            Stores.inMemoryKeyValueStore("totals"), Serdes.String(), new StateSerde());
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(tuned ? store.withCachingDisabled() : store.withCachingEnabled());
        builder.stream(input, Consumed.with(Serdes.String(), new UsageSerde()))
            .process(Sum::new, "totals")
            .to(output, Produced.with(Serdes.String(), new OutputSerde()));
        KafkaStreams streams = new KafkaStreams(builder.build(settings), settings);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    private static final class UsageSerde implements Serde<Usage> {
        @Override
        public Serializer<Usage> serializer() {
            return (topic, usage) -> { throw new UnsupportedOperationException("usage is only read"); };
        }

        @Override
        public Deserializer<Usage> deserializer() {
            return (topic, bytes) -> {
                try {
                    return READER.readValue(bytes);
                } catch (IOException error) {
                    throw new UncheckedIOException(error);
                }
            };
        }
    }

    private static final class OutputSerde implements Serde<Total> {
        @Override
        public Serializer<Total> serializer() {
            return (topic, total) -> {
                try {
                    return WRITER.writeValueAsBytes(total);
                } catch (IOException error) {
                    throw new UncheckedIOException(error);
                }
            };
        }

        @Override
        public Deserializer<Total> deserializer() {
            return (topic, bytes) -> { throw new UnsupportedOperationException("outputs are only written"); };
        }
    }

    private static final class StateSerde implements Serde<Total> {
        @Override
        public Serializer<Total> serializer() {
            return (topic, total) -> ByteBuffer.allocate(16).putLong(total.events).putLong(total.octets).array();
        }

        @Override
        public Deserializer<Total> deserializer() {
            return (topic, bytes) -> {
                if (bytes == null) {
                    return null;
                }
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                return new Total(buffer.getLong(), buffer.getLong());
            };
        }
    }
}
