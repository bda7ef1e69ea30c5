/* A LwM2M 1.1 client on the newer Leshan libraries, with one Resource of every type; sends what it is told to on standard input. */
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.object.Device;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.resource.SimpleInstanceEnabler;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.util.datatype.ULong;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;

public class LeshanClient {
  static ResourceModel resource(int id, Operations operations, boolean multiple, Type type) {
    return new ResourceModel(id, "Resource " + id, operations, multiple, false, type, null, null, null);
  }

  public static void main(String[] args) throws Exception {
    Map<Integer, ResourceModel> resources = new HashMap<>();
    Type[] types = {Type.STRING, Type.INTEGER, Type.UNSIGNED_INTEGER, Type.FLOAT, Type.BOOLEAN, Type.OPAQUE, Type.TIME, Type.OBJLNK};
    for (int id = 0; id < types.length; id++) {
      resources.put(id, resource(id, Operations.RW, false, types[id]));
      resources.put(10 + id, resource(10 + id, Operations.RW, true, types[id]));
    }
    var models = new ArrayList<>(ObjectLoader.loadDefault());
    models.add(new ObjectModel(30000, "Types", null, "1.0", true, false, resources.values()));
    Map<Integer, Object> values = new HashMap<>(Map.of(
        0, "text", 1, 9007199254740993L, 2, ULong.valueOf("18446744073709551615"), 3, 0.1, 4, true, 5, new byte[] {0, (byte) 255},
        6, new Date(1367491215000L), 7, new ObjectLink(3, 0)));
    for (int id = 0; id < types.length; id++) values.put(10 + id, Map.of(0, values.get(id)));
    var every = new SimpleInstanceEnabler(0, values);
    var objects = new ObjectsInitializer(new StaticModel(models));
    objects.setInstancesForObject(0, Security.noSec(args[0], 1));
    objects.setInstancesForObject(1, new Server(1, 300));
    objects.setInstancesForObject(3, new Device("Leshan", "libraries", "1"));
    objects.setInstancesForObject(30000, every);
    objects.setClassForObject(30000, SimpleInstanceEnabler.class);
    var builder = new LeshanClientBuilder(args[1]);
    builder.setObjects(objects.createAll());
    builder.setEndpointsProviders(new CaliforniumClientEndpointsProvider.Builder(new CoapClientProtocolProvider()).build());
    var client = builder.build();
    client.start();
    System.out.println("ready");
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      var words = line.split(" ");
      if (words[0].equals("send"))
        for (var server : client.getRegisteredServers().values())
          System.out.println("sent " + words[1] + " " + client.getSendService()
              .sendData(server, ContentFormat.fromName(words[1]), Arrays.asList(words).subList(2, words.length), 5000).getCode());
      if (words[0].equals("update")) client.triggerRegistrationUpdate();
      if (words[0].equals("stop")) break;
    }
    client.destroy(true);
  }
}
