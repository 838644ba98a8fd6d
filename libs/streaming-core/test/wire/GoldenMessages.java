import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * Prints what Apache Kafka's own encoder makes of sample messages, as JSON: name to hex. Works from the message definitions
 * in the jars alone, and knows nothing of ours. The values are those of `sampleMessage` in sample-message.ts.
 * How to run it: README.md.
 */
public final class GoldenMessages {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(JsonParser.Feature.ALLOW_COMMENTS);

    /** Arguments: API keys, and class names of other messages (`org.apache.kafka.common.message.EndTxnMarker`). */
    public static void main(String[] args) throws Exception {
        StringBuilder out = new StringBuilder("{\n");
        for (String arg : args) {
            if (Character.isDigit(arg.charAt(0))) {
                String name = ApiKeys.forId(Integer.parseInt(arg)).messageType.name;
                // Only a request says whether its last version is stable.
                int last = lastStable(definition(name + "Request"));
                for (String side : new String[] {"Request", "Response"}) {
                    String className = "org.apache.kafka.common.message." + name + side + "Data";
                    print(out, name + " " + side.toLowerCase(), name + side, className, last);
                }
            } else {
                String shortName = arg.substring(arg.lastIndexOf('.') + 1);
                print(out, shortName, shortName, arg, lastStable(definition(shortName)));
            }
        }
        out.setLength(out.length() - 2);
        System.out.println(out.append("\n}"));
    }

    private static int lastStable(JsonNode definition) {
        int last = range(definition.get("validVersions").asText())[1];
        return definition.path("latestVersionUnstable").asBoolean() ? last - 1 : last;
    }

    private static void print(StringBuilder out, String label, String definitionName, String className, int last)
        throws Exception {
        JsonNode definition = definition(definitionName);
        int first = range(definition.get("validVersions").asText())[0];
        for (int version = first; version <= last; version++) {
            for (boolean full : new boolean[] {true, false}) {
                JsonNode json = message(definition.get("fields"), definition, version, full);
                Message message = (Message) Class.forName(className + "JsonConverter")
                    .getMethod("read", JsonNode.class, short.class)
                    .invoke(null, json, (short) version);
                ByteBuffer bytes = MessageUtil.toByteBufferAccessor(message, (short) version).buffer();
                byte[] content = new byte[bytes.remaining()];
                bytes.get(content);
                out.append("  \"").append(label).append(" v").append(version).append(full ? " full" : " empty")
                    .append("\": \"").append(HexFormat.of().formatHex(content)).append("\",\n");
            }
        }
    }

    private static JsonNode definition(String name) throws Exception {
        for (String path : new String[] {"/common/message/" + name + ".json", "/" + name + ".json"}) {
            try (InputStream in = GoldenMessages.class.getResourceAsStream(path)) {
                if (in != null) return MAPPER.readTree(in);
            }
        }
        throw new IllegalArgumentException("no definition of " + name);
    }

    private static ObjectNode message(JsonNode fields, JsonNode definition, int version, boolean full) {
        ObjectNode node = NODES.objectNode();
        for (JsonNode field : fields) {
            boolean isTagged = field.has("tag");
            if (!includes(field.path("versions").asText(), version) || (isTagged && !full)) continue;
            String name = field.get("name").asText();
            name = Character.toLowerCase(name.charAt(0)) + name.substring(1);
            node.set(name, value(name, field, definition, version, full));
        }
        return node;
    }

    private static JsonNode value(String name, JsonNode field, JsonNode definition, int version, boolean full) {
        if (!full && includes(field.path("nullableVersions").asText("none"), version)) return NullNode.instance;
        String type = field.get("type").asText();
        boolean isArray = type.startsWith("[]");
        String element = isArray ? type.substring(2) : type;
        JsonNode nested = nestedFields(element, field, definition);
        if (!isArray) return nested == null ? scalar(name, element, full) : message(nested, definition, version, full);
        ArrayNode array = NODES.arrayNode();
        if (!full) return array;
        if (nested != null) return array.add(message(nested, definition, version, true));
        return array.add(scalar(name, element, true)).add(scalar(name, element, true));
    }

    private static JsonNode nestedFields(String type, JsonNode field, JsonNode definition) {
        if (field.has("fields")) return field.get("fields");
        for (JsonNode common : definition.path("commonStructs")) {
            if (common.get("name").asText().equals(type)) return common.get("fields");
        }
        return null;
    }

    private static JsonNode scalar(String name, String type, boolean full) {
        byte[] letters = name.getBytes(StandardCharsets.UTF_8);
        int sum = 0;
        for (byte letter : letters) sum += letter;
        return switch (type) {
            case "int8" -> NODES.numberNode(full ? sum % 100 + 1 : 0);
            case "int16" -> NODES.numberNode(full ? sum : 0);
            case "uint16" -> NODES.numberNode(full ? 50_000 + sum : 0);
            case "int32" -> NODES.numberNode(full ? 1_000_000 + sum : 0);
            case "int64" -> NODES.numberNode(full ? (1L << 53) + 1 + sum : 0L);
            case "float64" -> NODES.numberNode(full ? sum / 8.0 : 0.0);
            case "bool" -> NODES.booleanNode(full);
            case "string" -> NODES.textNode(full ? name : "");
            case "uuid" -> NODES.textNode(full ? uuid(sum) : "A".repeat(22));
            case "bytes", "records" -> NODES.binaryNode(full ? letters : new byte[0]);
            default -> throw new IllegalArgumentException("no type " + type);
        };
    }

    private static String uuid(int sum) {
        byte[] bytes = new byte[16];
        for (int index = 0; index < 16; index++) bytes[index] = (byte) (sum + index);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static boolean includes(String versions, int version) {
        if (versions.equals("none")) return false;
        int[] range = range(versions);
        return version >= range[0] && version <= range[1];
    }

    private static int[] range(String versions) {
        if (versions.endsWith("+")) return new int[] {Integer.parseInt(versions.replace("+", "")), Short.MAX_VALUE};
        String[] ends = versions.split("-");
        return new int[] {Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])};
    }
}
