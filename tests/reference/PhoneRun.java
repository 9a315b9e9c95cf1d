import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.javarosa.core.model.FormDef;
import org.javarosa.core.model.FormIndex;
import org.javarosa.core.model.data.DateData;
import org.javarosa.core.model.data.DecimalData;
import org.javarosa.core.model.data.IAnswerData;
import org.javarosa.core.model.data.IntegerData;
import org.javarosa.core.model.data.MultipleItemsData;
import org.javarosa.core.model.data.SelectOneData;
import org.javarosa.core.model.data.StringData;
import org.javarosa.core.model.data.helper.Selection;
import org.javarosa.core.model.instance.TreeElement;
import org.javarosa.core.model.utils.DateUtils;
import org.javarosa.core.reference.PrefixedRootFactory;
import org.javarosa.core.reference.Reference;
import org.javarosa.core.reference.ReferenceManager;
import org.javarosa.test.Scenario;

/**
 * Fills in a form as ODK Collect does, many times in one run: JavaRosa is its engine.
 *
 * Reads commands, one a line, their parts separated by tabs; writes one line for each that asks:
 * NEW | REOPEN | REPEAT path | SET path type value | EMPTY path | RELEVANT path |
 * CHOICES path | VALUE path | TODAY
 */
public class PhoneRun {
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err); // what the engine says is no answer
        File form = new File(args[0]);
        ReferenceManager.instance().addReferenceFactory(new Beside(form.getParentFile()));
        Scenario scenario = Scenario.init(form);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] part = line.split("\t", -1);
            switch (part[0]) {
                case "NEW": scenario.newInstance(); break;
                case "REOPEN": scenario = scenario.serializeAndDeserializeForm(); break;
                case "TODAY": out.println(LocalDate.now()); break;
                case "REPEAT": scenario.createNewRepeat(part[1]); break;
                case "SET": out.println(answer(scenario, part[1], data(part[2], part[3]))); break;
                case "EMPTY": out.println(answer(scenario, part[1], null)); break;
                case "RELEVANT": out.println(node(scenario, part[1]).isRelevant()); break;
                case "CHOICES":
                    out.println(scenario.choicesOf(part[1]).stream()
                        .map(choice -> choice.getValue()).collect(Collectors.joining(" ")));
                    break;
                case "VALUE":
                    IAnswerData value = node(scenario, part[1]).getValue();
                    out.println(value == null ? "" : value.uncast().getString());
                    break;
                default: throw new IllegalArgumentException(line);
            }
        }
    }

    /** 0: taken; 1: required and empty; 2: breaks a constraint. */
    private static int answer(Scenario scenario, String path, IAnswerData data) {
        FormIndex index = scenario.indexOf(path);
        return scenario.getFormEntryController().answerQuestion(index, data, true);
    }

    private static TreeElement node(Scenario scenario, String path) {
        FormDef form = scenario.getFormDef();
        return form.getMainInstance().resolveReference(Scenario.getRef(path));
    }

    /** Finds the media files of a form in its own folder. */
    private static class Beside extends PrefixedRootFactory {
        private final File folder;

        Beside(File folder) {
            super(new String[] {"file-csv"});
            this.folder = folder;
        }

        @Override
        protected Reference factory(String name, String uri) {
            File file = new File(folder, name);
            return new Reference() {
                public boolean doesBinaryExist() { return file.exists(); }
                public InputStream getStream() throws IOException { return new FileInputStream(file); }
                public String getURI() { return uri; }
                public String getLocalURI() { return file.getAbsolutePath(); }
                public boolean isReadOnly() { return true; }
                public OutputStream getOutputStream() throws IOException { throw new IOException(uri); }
                public void remove() throws IOException { throw new IOException(uri); }
                public Reference[] probeAlternativeReferences() { return new Reference[0]; }
            };
        }
    }

    private static IAnswerData data(String type, String text) {
        switch (type) {
            case "date": return new DateData(DateUtils.parseDate(text));
            case "integer": return new IntegerData(Integer.parseInt(text));
            case "number": return new DecimalData(Double.parseDouble(text));
            case "one_of": return new SelectOneData(new Selection(text));
            case "many_of":
                List<Selection> picked = new ArrayList<>();
                for (String code : text.split(" ")) picked.add(new Selection(code));
                return new MultipleItemsData(picked);
            default: return new StringData(text);
        }
    }
}
