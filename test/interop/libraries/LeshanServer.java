/* A LwM2M 1.1 server on the newer Leshan libraries: says on standard output who registers, and does with the last who came what standard input asks.
   Arguments: port; and, for coaps and firmware that its own secure endpoint serves: secure port, endpoint client name, identity, key in hex, image file. */
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.eclipse.californium.core.CoapExchange;
import org.eclipse.californium.core.CoapResource;
import org.eclipse.californium.core.coap.CoAP.ResponseCode;
import org.eclipse.californium.core.coap.MediaTypeRegistry;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributes;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.*;
import org.eclipse.leshan.core.observation.*;
import org.eclipse.leshan.core.request.*;
import org.eclipse.leshan.core.response.*;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.model.StaticModelProvider;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.server.send.SendListener;
import org.eclipse.leshan.servers.security.InMemorySecurityStore;
import org.eclipse.leshan.servers.security.SecurityInfo;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coaps.CoapsServerProtocolProvider;

public class LeshanServer {
  static final Type[] types = {Type.STRING, Type.INTEGER, Type.UNSIGNED_INTEGER, Type.FLOAT, Type.BOOLEAN, Type.OPAQUE, Type.TIME, Type.OBJLNK};
  static final Map<Integer, ResourceModel> resources = new HashMap<>();
  static Registration client;

  public static void main(String[] args) throws Exception {
    for (int id = 0; id < types.length; id++)
      for (int several = 0; several < 2; several++)
        resources.put(10 * several + id, new ResourceModel(10 * several + id, "Resource", Operations.RW, several == 1, false, types[id], null, null, null));
    var models = new ArrayList<>(ObjectLoader.loadDefault());
    models.add(new ObjectModel(30000, "Types", null, "1.0", true, false, resources.values()));
    var secured = args.length > 1;
    var building = new CaliforniumServerEndpointsProvider.Builder(new CoapServerProtocolProvider(), new CoapsServerProtocolProvider())
        .addEndpoint(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), Protocol.COAP);
    var security = new InMemorySecurityStore();
    if (secured) {
      building.addEndpoint(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1])), Protocol.COAPS);
      security.add(SecurityInfo.newPreSharedKeyInfo(args[2], args[3], HexFormat.of().parseHex(args[4])));
    }
    var endpoints = building.build();
    var server = new LeshanServerBuilder().setEndpointsProviders(endpoints).setObjectModelProvider(new StaticModelProvider(models)).setSecurityStore(security).build();
    if (secured) endpoints.getCoapServer().add(new Image(Files.readAllBytes(Path.of(args[5]))));
    server.getRegistrationService().addListener(new RegistrationListener() {
      public void registered(Registration registration, Registration previous, Collection<Observation> observations) {
        client = registration;
        System.out.println("registered " + registration.getEndpoint() + " " + registration.getLwM2mVersion() + " " + registration.getLifeTimeInSec()
            + (registration.usesQueueMode() ? " queue mode" : ""));
      }
      public void updated(RegistrationUpdate update, Registration now, Registration before) {
        client = now;
        System.out.println("updated " + now.getEndpoint() + " " + now.getLifeTimeInSec());
      }
      public void unregistered(Registration registration, Collection<Observation> observations, boolean expired, Registration next) {
        System.out.println("unregistered " + registration.getEndpoint());
      }
    });
    server.getObservationService().addListener(new ObservationListener() {
      public void newObservation(Observation observation, Registration registration) {}
      public void cancelled(Observation observation) {}
      public void onResponse(SingleObservation observation, Registration registration, ObserveResponse response) {
        System.out.println("notified " + observation.getPath() + " " + told(observation.getPath(), response.getContent()));
      }
      public void onResponse(CompositeObservation observation, Registration registration, ObserveCompositeResponse response) {
        System.out.println("notified composite " + told(response.getContent()));
      }
      public void onError(Observation observation, Registration registration, Exception error) {
        System.out.println("notified wrongly " + error);
      }
    });
    server.getSendService().addListener(new SendListener() {
      public void dataReceived(Registration registration, TimestampedLwM2mNodes data, SendRequest request) {
        System.out.println("sent " + told(data.getMostRecentNodes()) + " x" + data.getTimestamps().size());
      }
      public void onError(Registration registration, String message, Exception error) {
        System.out.println("sent wrongly " + message + " " + error);
      }
    });
    server.start();
    System.out.println("ready");
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      var words = line.split(" ");
      try {
        LwM2mResponse response = server.send(client, request(words), 5000);
        System.out.println("answer " + line + " = " + (response == null ? "nothing" : response.getCode().getCode() + " " + (response.isSuccess() ? content(words, response) : response.getErrorMessage())));
      } catch (Exception error) {
        System.out.println("answer " + line + " = " + error);
      }
    }
    server.destroy();
  }

  /* What it serves itself, over coaps only: Californium makes blocks of it. */
  static class Image extends CoapResource {
    final byte[] octets;
    final byte[] etag;
    int last;
    Image(byte[] octets) throws Exception {
      super("firmware");
      this.octets = octets;
      etag = Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(octets), 8);
    }
    @Override
    public void handleGET(CoapExchange exchange) {
      var who = exchange.advanced().getRequest().getSourceContext().getPeerIdentity();
      var block = exchange.getRequestOptions().getBlock2();
      var from = block == null ? 0 : block.getOffset();
      // It is asked for block after block; said is where somebody begins.
      if (from == 0 || from < last || from > last + 1024) System.out.println("served to " + (who == null ? "anybody" : who.getName()) + " from octet " + from);
      last = from;
      if (who == null) {
        exchange.respond(ResponseCode.UNAUTHORIZED);
        return;
      }
      exchange.setETag(etag);
      exchange.respond(ResponseCode.CONTENT, octets, MediaTypeRegistry.APPLICATION_OCTET_STREAM);
    }
  }

  /* `read FORMAT PATH`, `write FORMAT PATH VALUE`, `replace|update|create FORMAT PATH ID=VALUE …`, `readc FORMAT PATH …`, `writec FORMAT PATH=VALUE …`, … */
  static DownlinkDeviceManagementRequest<? extends LwM2mResponse> request(String[] words) throws Exception {
    var format = words.length > 2 && !words[1].startsWith("/") ? ContentFormat.fromName(words[1]) : null;
    var rest = Arrays.asList(words).subList(format == null ? 1 : 2, words.length);
    var path = new LwM2mPath(rest.get(0).split("=")[0]);
    return switch (words[0]) {
      case "read" -> new ReadRequest(format, path, null);
      case "observe" -> new ObserveRequest(format, path.toString());
      case "discover" -> new DiscoverRequest(path.toString());
      case "attributes" -> new WriteAttributesRequest(path, new LwM2mAttributeSet(
          LwM2mAttributes.create(LwM2mAttributes.MINIMUM_PERIOD, Long.valueOf(rest.get(1))), LwM2mAttributes.create(LwM2mAttributes.MAXIMUM_PERIOD, Long.valueOf(rest.get(2)))));
      case "execute" -> new ExecuteRequest(path.toString());
      case "delete" -> new DeleteRequest(path.toString());
      case "write" -> new WriteRequest(WriteRequest.Mode.REPLACE, format, path, node(path, rest.get(1)));
      case "replace" -> new WriteRequest(WriteRequest.Mode.REPLACE, format, path.getObjectId(), path.getObjectInstanceId(), listed(path, rest));
      case "update" -> new WriteRequest(WriteRequest.Mode.UPDATE, format, path.getObjectId(), path.getObjectInstanceId(), listed(path, rest));
      case "create" -> new CreateRequest(format, path.getObjectId(), new LwM2mObjectInstance(path.getObjectInstanceId(), listed(path, rest)));
      case "readc" -> new ReadCompositeRequest(format, format, rest);
      case "observec" -> new ObserveCompositeRequest(format, format, rest.toArray(String[]::new));
      case "writec" -> new WriteCompositeRequest(format, rest.stream().map(one -> one.split("="))
          .collect(Collectors.toMap(one -> new LwM2mPath(one[0]), one -> (LwM2mNode) node(new LwM2mPath(one[0]), one[1]))), null);
      default -> throw new IllegalArgumentException(words[0]);
    };
  }
  static List<LwM2mResource> listed(LwM2mPath instance, List<String> rest) {
    return rest.subList(1, rest.size()).stream().map(one -> one.split("="))
        .map(one -> (LwM2mResource) node(new LwM2mPath(instance.getObjectId(), instance.getObjectInstanceId(), Integer.parseInt(one[0])), one[1])).toList();
  }
  /* One value, or the values of several Resource Instances from 0 on: `a,b`. */
  static LwM2mNode node(LwM2mPath path, String text) {
    var type = path.getObjectId() == 30000 ? resources.get(path.getResourceId()).type : path.getObjectId() == 5 ? Type.STRING : path.getResourceId() == 1 ? Type.INTEGER : Type.BOOLEAN;
    if (path.isResourceInstance()) return LwM2mResourceInstance.newInstance(path.getResourceInstanceId(), value(type, text), type);
    if (path.getObjectId() != 30000 || path.getResourceId() < 10) return LwM2mSingleResource.newResource(path.getResourceId(), value(type, text), type);
    var values = new HashMap<Integer, Object>();
    for (var one : text.split(",")) values.put(values.size(), value(type, one));
    return LwM2mMultipleResource.newResource(path.getResourceId(), values, type);
  }
  static Object value(Type type, String text) {
    return switch (type) {
      case INTEGER -> Long.valueOf(text);
      case UNSIGNED_INTEGER -> ULong.valueOf(text);
      case FLOAT -> Double.valueOf(text);
      case BOOLEAN -> Boolean.valueOf(text);
      case OPAQUE -> HexFormat.of().parseHex(text);
      case TIME -> new Date(Long.parseLong(text) * 1000);
      case OBJLNK -> ObjectLink.fromPath("/" + text.replace(":", "/"));
      default -> text;
    };
  }

  static String content(String[] words, LwM2mResponse response) {
    if (response instanceof ReadCompositeResponse composite) return told(composite.getContent());
    if (response instanceof ReadResponse read) return told(new LwM2mPath(words[2]), read.getContent());
    if (response instanceof CreateResponse created) return String.valueOf(created.getLocation());
    if (response instanceof DiscoverResponse discovered) return Arrays.toString(discovered.getObjectLinks());
    return "";
  }
  static String told(Map<LwM2mPath, LwM2mNode> nodes) {
    if (nodes == null) return "nothing";
    return new TreeMap<>(nodes).entrySet().stream().filter(one -> one.getValue() != null).map(one -> told(one.getKey(), one.getValue())).collect(Collectors.joining(" "));
  }
  static String told(LwM2mPath path, LwM2mNode node) {
    if (node instanceof LwM2mObject object)
      return object.getInstances().values().stream().map(one -> told(path.append(one.getId()), one)).collect(Collectors.joining(" "));
    if (node instanceof LwM2mObjectInstance instance)
      return instance.getResources().values().stream().sorted((a, b) -> a.getId() - b.getId()).map(one -> told(path.append(one.getId()), one)).collect(Collectors.joining(" "));
    if (node instanceof LwM2mMultipleResource several)
      return new TreeMap<>(several.getInstances()).values().stream().map(one -> told(path.append(one.getId()), one)).collect(Collectors.joining(" "));
    Object value = node instanceof LwM2mSingleResource single ? single.getValue() : node instanceof LwM2mResourceInstance one ? one.getValue() : null;
    return path + "=" + (value instanceof byte[] octets ? HexFormat.of().formatHex(octets) : value instanceof Date date ? String.valueOf(date.getTime() / 1000)
        : value instanceof ObjectLink link ? link.getObjectId() + ":" + link.getObjectInstanceId() : String.valueOf(value));
  }
}
